/* See sandbox.h. The kernel's interfaces are called directly: Landlock has no functions in the C library, and the filter is a
 * short program for the classic BPF machine (linux/filter.h). */
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"

/* The address sanitizer reserves far more memory than it uses, and the leak sanitizer traces the process as it ends. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

#if defined(__linux__)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ---- files: Landlock (Linux 5.13; Documentation/userspace-api/landlock.rst) -------------------------------------- */

/* As in the kernel's linux/landlock.h, of which older systems have older versions. */
enum {
    ACCESS_READ_FILE = 1 << 2, ACCESS_RENAME_ACROSS = 1 << 13, ACCESS_TRUNCATE = 1 << 14, ACCESS_DEVICE_CONTROL = 1 << 15,
    ACCESS_FIRST = (1 << 13) - 1,       /* all that the first version knows */
    NETWORK_BIND = 1 << 0, NETWORK_CONNECT = 1 << 1, SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1,
    CREATE_VERSION = 1 << 0, RULE_PATH = 1,
};
enum { CALL_CREATE = 444, CALL_ADD = 445, CALL_RESTRICT = 446 };    /* the same number on every processor */

typedef struct ruleset {
    uint64_t files, network, scoped;
} ruleset;

typedef struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed)) path_rule;

/* Everything that this kernel's version can refuse. */
static ruleset all_of(long version) {
    ruleset r = {.files = ACCESS_FIRST};
    if (version >= 2)
        r.files |= ACCESS_RENAME_ACROSS;
    if (version >= 3)
        r.files |= ACCESS_TRUNCATE;
    if (version >= 4)
        r.network = NETWORK_BIND | NETWORK_CONNECT;
    if (version >= 5)
        r.files |= ACCESS_DEVICE_CONTROL;
    if (version >= 6)
        r.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    return r;
}

static bool allow_file(long set, const char *path, int *failure) {
    path_rule rule = {.allowed = ACCESS_READ_FILE, .parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            *failure = errno;
        return true;        /* no such file: nothing to allow */
    }
    bool added = syscall(CALL_ADD, set, RULE_PATH, &rule, 0) == 0;
    close(rule.parent);
    return added;
}

static bool restrict_files(const sandbox *how, int *failure) {
    long version = syscall(CALL_CREATE, NULL, 0, CREATE_VERSION);
    if (version < 1)
        return false;
    ruleset r = all_of(version);
    size_t size = version >= 6 ? sizeof r : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    long set = syscall(CALL_CREATE, &r, size, 0);
    if (set < 0)
        return false;
    bool done = true;
    for (int i = 0; i < SANDBOX_FILES; i++)
        if (how->readable[i])
            done = allow_file(set, how->readable[i], failure) && done;
    done = done && syscall(CALL_RESTRICT, set, 0) == 0;
    close((int)set);
    return done;
}

/* ---- system calls: seccomp (Documentation/userspace-api/seccomp_filter.rst) -------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

/* What reading a file, computing in threads, and printing need. Files are opened by open() and openat(), which Landlock
 * restricts. Nothing here reaches another process or the network, or starts a program. */
static const int allowed[] = {
    /* memory */
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mincore,
    /* descriptors */
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fstat, SYS_openat,
    SYS_newfstatat, SYS_faccessat, SYS_statx, SYS_readlinkat, SYS_getcwd, SYS_fcntl, SYS_dup,
#ifdef SYS_open
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
    /* threads and signals of this process */
    SYS_futex, SYS_set_robust_list, SYS_sched_yield, SYS_sched_getaffinity, SYS_gettid, SYS_getpid, SYS_exit, SYS_exit_group,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_set_tid_address, SYS_restart_syscall,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_membarrier
    SYS_membarrier,
#endif
    /* time and information */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom, SYS_getrusage,
    SYS_uname, SYS_sysinfo, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getcpu,
};

enum { FILTER_ROOM = 2 * sizeof allowed / sizeof *allowed + 64 };

typedef struct filter {
    struct sock_filter code[FILTER_ROOM];
    unsigned short count;
} filter;

static void add(filter *f, unsigned short code, unsigned char yes, unsigned char no, uint32_t value) {
    if (f->count < FILTER_ROOM)
        f->code[f->count++] = (struct sock_filter){code, yes, no, value};
}

static void load(filter *f, size_t offset) {
    add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void finish(filter *f, uint32_t action) {
    add(f, BPF_RET | BPF_K, 0, 0, action);
}

/* The lower half of argument `i`; both processors are little-endian. */
static size_t argument(int i) {
    return offsetof(struct seccomp_data, args) + 8 * (size_t)i;
}

/* The action if it is this call. */
static void answer(filter *f, int call, uint32_t action) {
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)call);
    finish(f, action);
}

/* Allows the call if, of argument `i`, the bits of `mask` are `bits`. Loads another word, so it has to be the last that is asked
 * of this call. */
static void allow_if(filter *f, int call, int i, uint32_t mask, uint32_t bits) {
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, (uint32_t)call);
    load(f, argument(i));
    add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, bits);
    finish(f, SECCOMP_RET_ALLOW);
    finish(f, SECCOMP_RET_ERRNO | EPERM);
}

static bool restrict_calls(void) {
    filter f = {.count = 0};
    load(&f, offsetof(struct seccomp_data, arch));
    add(&f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
    finish(&f, SECCOMP_RET_KILL_PROCESS);
    load(&f, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    add(&f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);      /* x32's numbers */
    finish(&f, SECCOMP_RET_KILL_PROCESS);
#endif
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        answer(&f, allowed[i], SECCOMP_RET_ALLOW);
#ifdef SYS_clone3
    answer(&f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);     /* its flags are in memory: the C library uses clone() instead */
#endif
    const uint32_t thread = 0x00010000;                     /* CLONE_THREAD */
    allow_if(&f, SYS_clone, 0, thread, thread);             /* threads, no processes */
    allow_if(&f, SYS_mmap, 2, PROT_EXEC, 0);                /* no new code */
    allow_if(&f, SYS_mprotect, 2, PROT_EXEC, 0);
    allow_if(&f, SYS_prctl, 0, UINT32_MAX, PR_SET_NAME);
    allow_if(&f, SYS_prlimit64, 2, UINT32_MAX, 0);          /* asks for a limit, sets none */
    allow_if(&f, SYS_ioctl, 1, UINT32_MAX, TCGETS);         /* is it a terminal? */
    allow_if(&f, SYS_tgkill, 2, UINT32_MAX, SIGABRT);       /* abort() */
    finish(&f, SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog program = {f.count, f.code};
    return f.count < FILTER_ROOM && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

static bool restrict_calls(void) {
    return false;
}

#endif

static void restrict_process(const sandbox *how, sandbox_gaps *gaps) {
    bool closed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    bool files = closed && restrict_files(how, &gaps->failure), calls = closed && restrict_calls();
    if (!files || !calls)
        snprintf(gaps->text, sizeof gaps->text, "this system has no %s%s%s, so a hostile file would be less confined",
                 files ? "" : "Landlock", !files && !calls ? " and no " : "", calls ? "" : "filter for system calls");
}

static void die_with_parent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILED);
}

#else

static void restrict_process(const sandbox *how, sandbox_gaps *gaps) {
    (void)how;
    snprintf(gaps->text, sizeof gaps->text, "this system has no sandbox, so a hostile file would be less confined");
}

static void die_with_parent(pid_t parent) {
    (void)parent;
}

#endif

void sandbox_output_path(int out, char path[SANDBOX_PATH]) {
#if defined(__linux__)
    snprintf(path, SANDBOX_PATH, "/proc/self/fd/%d", out);
#else
    snprintf(path, SANDBOX_PATH, "/dev/fd/%d", out);
#endif
}

/* ---- everywhere --------------------------------------------------------------------------------------------------- */

static void limit(int resource, uint64_t most) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0 || (now.rlim_max != RLIM_INFINITY && now.rlim_max <= most))
        return;
    now.rlim_cur = now.rlim_max = (rlim_t)most;
    (void)setrlimit(resource, &now);
}

void sandbox_enter(const sandbox *how, sandbox_gaps *gaps) {
    enum { DESCRIPTORS = 64 };
    *gaps = (sandbox_gaps){.failure = 0};
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, DESCRIPTORS);
    if (how->memory && !SANITIZED)
        limit(RLIMIT_DATA, how->memory);
    restrict_process(how, gaps);
}

uint64_t sandbox_memory_for(const char *path) {
    const uint64_t base = (uint64_t)4 << 30;
    struct stat info;
    uint64_t size = stat(path, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
    return size > (UINT64_MAX - base) / 32 ? 0 : base + 32 * size;
}

/* The child never returns into the program's main(): what that does at its end is the parent's to do. */
static _Noreturn void be_child(const sandbox *how, sandbox_work *work, void *arg, int out, int error, pid_t parent) {
    sandbox_gaps gaps;
    gb_error err = {0};
    die_with_parent(parent);
    sandbox_enter(how, &gaps);
    if (*gaps.text)
        fprintf(stderr, "note: %s\n", gaps.text);
    if (gaps.failure)
        state(&err, GB_IO, "cannot open the file to be read: %s", strerror(gaps.failure));
    else
        work(arg, out, &err);
    if (!err.status && (fflush(stdout) != 0 || ferror(stdout)))
        state(&err, GB_IO, "standard output: %s", strerror(errno));
    if (err.status && write(error, &err, sizeof err) != (ssize_t)sizeof err)
        _exit(EXIT_USAGE);
    _exit(err.status ? EXIT_FAILED : EXIT_DONE);
}

gb_status sandbox_start(const sandbox *how, sandbox_work *work, void *arg, sandbox_child *child, gb_error *err) {
    int out[2], error[2];
    pid_t parent = getpid(), process;
    *child = (sandbox_child){.out = -1, .error = -1};
    fflush(stdout);
    fflush(stderr);
    if (pipe(out) != 0)
        return state(err, GB_IO, "cannot create a pipe: %s", strerror(errno));
    if (pipe(error) != 0) {
        state(err, GB_IO, "cannot create a pipe: %s", strerror(errno));
        close(out[0]);
        close(out[1]);
        return err->status;
    }
    process = fork();
    if (process == 0) {
        close(out[0]);
        close(error[0]);
        be_child(how, work, arg, out[1], error[1], parent);
    }
    close(out[1]);
    close(error[1]);
    *child = (sandbox_child){.process = (long)process, .out = out[0], .error = error[0]};
    if (process > 0)
        return GB_OK;
    state(err, GB_IO, "cannot start a process: %s", strerror(errno));
    child->process = 0;
    close(out[0]);
    close(error[0]);
    return err->status;
}

/* Reads until `size` bytes have come or no more will. *failure is the number of the error that ended it, or 0. */
static size_t read_whole(int from, void *bytes, size_t size, int *failure) {
    size_t done = 0;
    *failure = 0;
    while (done < size) {
        ssize_t n = read(from, (char *)bytes + done, size - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            *failure = n < 0 ? errno : 0;
            break;
        }
    }
    return done;
}

static void cannot_read(sandbox_child *child, int failure) {
    state(&child->failed, GB_IO, "cannot read the output of a process: %s", strerror(failure));
}

/* What the child says of its failure is not trusted either. */
static void take_error(sandbox_child *child) {
    gb_error *e = &child->failed, said;
    int failure;
    bool whole = read_whole(child->error, &said, sizeof said, &failure) == sizeof said;
    said.message[sizeof said.message - 1] = '\0';
    if (failure)
        cannot_read(child, failure);
    else if (whole && (int)said.status > GB_OK && said.status <= GB_DEVICE)
        state(e, said.status, "%s", said.message);
    else
        state(e, GB_IO, "the process that read the file failed without a message");
}

static void wait_for(sandbox_child *child) {
    int status = 0;
    pid_t ended;
    if (child->ended)
        return;
    do
        ended = waitpid((pid_t)child->process, &status, 0);
    while (ended < 0 && errno == EINTR);
    child->ended = true;
    if (child->failed.status)
        return;
    if (ended < 0)
        state(&child->failed, GB_IO, "cannot wait for a process: %s", strerror(errno));
    else if (WIFSIGNALED(status)) {
        child->signal = WTERMSIG(status);
        state(&child->failed, GB_IO, "the process that read the file was ended by signal %d", child->signal);
    }
    else if (WEXITSTATUS(status) != EXIT_DONE)
        take_error(child);
}

size_t sandbox_read(void *arg, void *bytes, size_t room) {
    sandbox_child *child = arg;
    int failure;
    size_t n = read_whole(child->out, bytes, room, &failure);
    if (failure)
        cannot_read(child, failure);    /* the child may still be writing, so it is not waited for here */
    else if (n)
        return n;
    else
        wait_for(child);
    return child->failed.status ? SIZE_MAX : 0;
}

gb_status sandbox_finish(sandbox_child *child, gb_error *err) {
    if (!child->process)
        return err->status;
    close(child->out);          /* a child that still writes fails or ends here */
    wait_for(child);
    close(child->error);
    child->process = 0;
    return child->failed.status ? state(err, child->failed.status, "%s", child->failed.message) : GB_OK;
}

void sandbox_end_alike(const sandbox_child *child) {
    if (child->signal == SIGPIPE)
        raise(SIGPIPE);
}
