/* process.h by CreateProcessW(). A process is its handle. The child inherits the handles of a list, which are those of its standard
 * files, and is put into a job, so that it ends when this process does, however that ends. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <wchar.h>

#include "engine/platform/files.h"

enum { LINE_UNITS = 32768 };            /* the most that CreateProcessW() takes */

/* ------------------------------------------------------------------------------------------------ the command line */

/* Appends an argument in quotes, by the rules of CommandLineToArgvW(): backslashes before a quote are doubled. False if it does
 * not fit. */
static bool put_argument(wchar_t line[LINE_UNITS], size_t *used, const wchar_t *argument) {
    size_t backslashes = 0;
    if (*used + 2 * wcslen(argument) + 4 > LINE_UNITS) return false;
    if (*used) line[(*used)++] = L' ';
    line[(*used)++] = L'"';
    for (const wchar_t *c = argument;; c++) {
        if (*c == L'\\') {
            backslashes++;
            continue;
        }
        if (!*c || *c == L'"') backslashes = 2 * backslashes + (*c == L'"');
        for (; backslashes; backslashes--) line[(*used)++] = L'\\';
        if (!*c) break;
        line[(*used)++] = *c;
    }
    line[(*used)++] = L'"';
    line[*used] = L'\0';
    return true;
}

static wchar_t *command_line(const char *const *arguments) {
    wchar_t *line = malloc(LINE_UNITS * sizeof *line), *word = malloc(LINE_UNITS * sizeof *word);
    size_t used = 0;
    bool fits = line && word;
    if (!fits) errno = ENOMEM;
    for (size_t i = 0; fits && arguments[i]; i++) {
        fits = gb_wide(arguments[i], word, LINE_UNITS) > 0;
        if (fits && !put_argument(line, &used, word)) {
            errno = E2BIG;
            fits = false;
        }
    }
    free(word);
    if (fits) return line;
    free(line);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ starting */

/* A handle that the child may inherit: a copy of an open file's, or the null device's. NULL if that fails. */
static HANDLE inheritable(int file, DWORD access) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    HANDLE self = GetCurrentProcess(), copy = NULL;
    if (file < 0) {
        copy = CreateFileW(L"NUL", access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
        return copy == INVALID_HANDLE_VALUE ? NULL : copy;
    }
    return DuplicateHandle(self, (HANDLE)_get_osfhandle(file), self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS) ? copy : NULL;
}

/* The job of all children. Its handle is never closed, so the system closes it with the process, and ends them. */
static void end_with_this_process(HANDLE child) {
    static HANDLE volatile job;         /* the job belongs to the process */
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    if (!job) {
        HANDLE made = CreateJobObjectW(NULL, NULL);
        if (!made) return;
        SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits, sizeof limits);
        if (InterlockedCompareExchangePointer((PVOID volatile *)&job, made, NULL)) CloseHandle(made);
    }
    (void)AssignProcessToJobObject(job, child);
}

static bool create(wchar_t *line, HANDLE handles[2], PROCESS_INFORMATION *made) {
    STARTUPINFOEXW how = {.StartupInfo = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = handles[0],
                                          .hStdOutput = handles[1], .hStdError = handles[1]}};
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    how.lpAttributeList = malloc(size);
    if (!how.lpAttributeList || !InitializeProcThreadAttributeList(how.lpAttributeList, 1, 0, &size)) {
        free(how.lpAttributeList);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    bool done = UpdateProcThreadAttribute(how.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
                                          2 * sizeof *handles, NULL, NULL) &&
                CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW | CREATE_SUSPENDED,
                               NULL, NULL, &how.StartupInfo, made);
    DWORD code = GetLastError();
    DeleteProcThreadAttributeList(how.lpAttributeList);
    free(how.lpAttributeList);
    SetLastError(code);
    return done;
}

int process_start(process *p, const char *const *arguments, int in, int out) {
    wchar_t *line = command_line(arguments);
    PROCESS_INFORMATION made;
    int error = 0;
    *p = 0;
    if (!line) return errno;
    HANDLE handles[2] = {inheritable(in, GENERIC_READ), inheritable(out, GENERIC_WRITE)};
    if (!handles[0] || !handles[1] || !create(line, handles, &made)) {
        error = gb_windows_errno(GetLastError());
    } else {
        end_with_this_process(made.hProcess);
        ResumeThread(made.hThread);
        CloseHandle(made.hThread);
        *p = (process)made.hProcess;
    }
    for (int i = 0; i < 2; i++)
        if (handles[i]) CloseHandle(handles[i]);
    free(line);
    return error;
}

/* ------------------------------------------------------------------------------------------------ ending */

enum { KILLED = 0x6b696c6c };           /* the exit code by which process_wait() knows a killed process */

bool process_has_ended(process p) {
    return WaitForSingleObject((HANDLE)p, 0) != WAIT_TIMEOUT;
}

void process_kill(process p) {
    TerminateProcess((HANDLE)p, KILLED);
}

int process_wait(process *p) {
    DWORD code = KILLED;
    if (*p) {
        WaitForSingleObject((HANDLE)*p, INFINITE);
        if (!GetExitCodeProcess((HANDLE)*p, &code)) code = KILLED;
        CloseHandle((HANDLE)*p);
    }
    *p = 0;
    return code == KILLED ? -1 : (int)code;
}

/* ------------------------------------------------------------------------------------------------ pipes */

void file_is_for_this_process(int file) {
    (void)file;                         /* all are: engine/platform/files.h opens them so */
}

void pipe_end_is_error(void) {
    /* it is: there are no signals */
}

int pipe_make(int ends[2]) {
    return _pipe(ends, 1 << 16, _O_BINARY | _O_NOINHERIT) == 0 ? 0 : errno;
}

size_t pipe_read_arrived(int end, void *bytes, size_t room) {
    DWORD there = 0;
    if (!PeekNamedPipe((HANDLE)_get_osfhandle(end), NULL, 0, NULL, &there, NULL) || !there) return 0;
    ssize_t n = read(end, bytes, there < room ? there : room);
    return n > 0 ? (size_t)n : 0;
}
