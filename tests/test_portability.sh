#!/bin/sh
# What only some operating systems have may appear in the files that know them: those of engine/platform/, those named …_posix.c and
# …_windows.c, and tools/program/sockets.h. All other sources include headers of C11 and of the libraries, pthreads, and call POSIX's
# functions for files and sockets only by the headers that give them to every system. What is between #ifdef __linux__ and its #else or
# #endif is not looked at.
# Usage, from the repository root: sh tests/test_portability.sh
set -u
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/check.awk" <<'AWK'
function list(text, into,   words, n, i) { n = split(text, words, " "); for (i = 1; i <= n; i++) into[words[i]] = 1 }
function fail(text) { print path ":" line_number ": " text; failures++ }
BEGIN {
    # C11; pthreads and strcasecmp(), which mingw-w64 has too; processors; libraries
    list("assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h signal.h " \
         "stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h tgmath.h threads.h " \
         "time.h uchar.h wchar.h wctype.h pthread.h sched.h strings.h immintrin.h cpuid.h arm_neon.h wasm_simd128.h emscripten.h " \
         "emscripten/threading.h " \
         "ganbend.h ganbend_analysis.h ganbend_gradient.h ganbend_graph.h zlib.h png.h yaml.h jansson.h libwebsockets.h turbojpeg.h " \
         "lo/lo.h cairo.h cblas.h cuda.h cuda_runtime.h cuda_fp16.h cublas_v2.h cublasLt.h nvtx3/nvToolsExt.h", headers)
    list("open close read write pread pwrite lseek fsync ftruncate truncate flock stat fstat lstat fstatat access realpath statvfs " \
         "mkdir rmdir unlink unlinkat rename renameat2 link linkat mkdtemp utimensat opendir readdir closedir dirfd chmod fchmod " \
         "chown fchown geteuid getpid gethostname getentropy isatty setenv strndup fdopen fileno fopen tmpfile remove", files)
    list("socket bind listen accept connect getaddrinfo freeaddrinfo getnameinfo getsockname setsockopt inet_pton inet_ntop recv " \
         "send recvfrom sendto shutdown", sockets)
    list("fork vfork execl execlp execv execvp execve posix_spawn posix_spawnp waitpid waitid kill pipe pipe2 dup dup2 fcntl ioctl " \
         "poll ppoll select epoll_create mmap munmap mprotect madvise mlock msync shm_open posix_memalign aligned_alloc sysconf " \
         "sigaction sigprocmask pthread_sigmask sigemptyset sigfillset sigwait alarm pause popen pclose getline getdelim asprintf " \
         "open_memstream fmemopen symlink readlink openat mkstemp mkfifo socketpair tcgetattr tcsetattr getpwuid getuid getgid " \
         "umask getrusage getrlimit setrlimit dlopen dlsym glob fnmatch regcomp wordexp nftw syslog setsid strsep stpcpy memmem " \
         "strcasestr random srandom drand48 readv writev sendfile sched_getaffinity pthread_setaffinity_np flockfile " \
         "putc_unlocked strsignal newlocale uselocale", never)
}
FNR == 1 {
    path = FILENAME
    line_number = inside = gives_files = gives_sockets = depth = linux = 0
    checked++
}
{
    line_number = FNR
    line = $0
    if (line ~ "^ *# *(if|el|endif)") {         # what is compiled for Linux alone has another way beside it
        if (line ~ "^ *# *if") depth++
        else if (depth == linux) linux = 0
        if (line ~ "^ *# *endif") depth--
        if (!linux && line ~ "^ *# *if(def|.*defined).*__linux__" && line !~ "[!|]") linux = depth
        next
    }
    if (linux) next
    if (line ~ "^[ \t]*#[ \t]*include") {
        if (line ~ "\"engine/platform/files[.]h\"") gives_files = 1
        if (line ~ "\"(tools/program/)?sockets[.]h\"") gives_sockets = 1
        if (line ~ "<") {
            sub("^[^<]*<", "", line); sub(">.*$", "", line)
            includes++
            if (!(line in headers)) fail("<" line "> is not on every system: see engine/platform/")
        }
        next
    }
    gsub("\\\\.", "", line)                     # escapes, strings and characters, comments
    gsub("'[^']*'", "''", line)
    gsub("\"[^\"]*\"", "\"\"", line)
    code = ""
    while (line != "") {
        if (inside) {
            if (!(at = index(line, "*/"))) break
            line = substr(line, at + 2); inside = 0
        } else {
            if (!(at = index(line, "/*"))) { code = code line; break }
            code = code substr(line, 1, at - 1); line = substr(line, at + 2); inside = 1
        }
    }
    sub("//.*$", "", code)
    if (code ~ "^static [^=]*[(]") {            # a function of this file, which may have any name
        name = code; sub(" *[(].*$", "", name); sub("^.*[ *]", "", name)
        own[path " " name] = 1
    }
    for (rest = code; match(rest, "[*][a-z_]+[,)]"); rest = substr(rest, RSTART + RLENGTH))             # a parameter
        own[path " " substr(rest, RSTART + 1, RLENGTH - 2)] = 1
    while (match(code, "[A-Za-z_][A-Za-z_0-9]* *[(]")) {
        name = substr(code, RSTART, RLENGTH); sub(" *[(]$", "", name)
        before = RSTART > 1 ? substr(code, RSTART - 1, 1) : ""
        code = substr(code, RSTART + RLENGTH)
        if (before == "." || before == ">" || (path " " name) in own) continue      # a member
        calls++
        if (name in never) fail(name "() is not on every system: see engine/platform/ and tools/program/")
        else if ((name in files) && !gives_files) fail(name "() needs \"engine/platform/files.h\", which gives it to every system")
        else if ((name in sockets) && !gives_sockets) fail(name "() needs \"tools/program/sockets.h\", which gives it to every system")
    }
}
END {
    print failures + 0 " failures in " checked + 0 " files, " includes + 0 " includes, " calls + 0 " calls"
    exit failures > 0 || checked < least || calls < 10 * least
}
AWK

# arm.c reads the files in which Linux describes an ARM processor.
find engine ops cuda weights tools docs/examples \( -name '*.c' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \) \
    ! -name '*_posix.c' ! -name '*_windows.c' ! -path 'engine/platform/*' ! -path tools/program/sockets.h ! -path ops/simd/arm.c -print | LC_ALL=C sort >"$scratch/list"
# shellcheck disable=SC2046  # names without spaces
awk -v least=400 -f "$scratch/check.awk" $(cat "$scratch/list") || exit 1

# A source in which every line but those of comments, strings and members is refused.
cat >"$scratch/refused.c" <<'C'
#include <stdio.h>
#include <unistd.h>
#include <sys/mman.h>
/* fork() in a comment,
 * mmap() in its second line */
const char *text = "kill(";
int a(reader *r) { return r->read(r) + r->from.open(r); }
int b(void) { return fork(); }
int c(void) { return open("a", 0); }
int d(void) { return socket(0, 0, 0) + e(); }
#if defined(__linux__) && defined(SYS_a)
int f(void) { return fork(); }
#if 1
int g(void) { return fork(); }
#endif
#else
int h(void) { return kill(0, 0); }
#endif
C
found=$(awk -v least=0 -f "$scratch/check.awk" "$scratch/refused.c") && { echo "FAILED: nothing was refused"; exit 1; }
echo "$found" | grep -q '^6 failures' || { echo "FAILED: six lines are refused, not: $found"; exit 1; }
