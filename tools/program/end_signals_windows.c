/* end_signals.h by a console handler, which the system calls in a thread of its own. The process ends when it returns from the
 * news that the console is closing, so it stays there until the program has ended by itself, or the system's patience (5 s). */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "end_signals.h"

#include <signal.h>
#include <stddef.h>

enum { PATIENCE = 10000 };              /* ms, more than the system's */

static end_signal_handler *volatile current;    /* a console handler has no other argument */
static volatile LONG only_once, interrupts;

static BOOL WINAPI handle(DWORD event) {
    end_signal_handler *handler = current;
    bool interrupt = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
    if (!handler || (interrupt && only_once && InterlockedIncrement(&interrupts) > 1)) return FALSE;    /* ends the program */
    handler(interrupt ? SIGINT : SIGTERM);
    if (!interrupt) Sleep(PATIENCE);
    return TRUE;
}

void end_signals_begin(end_signal_handler *handler, bool once, bool unless_ignored) {
    (void)unless_ignored;               /* nothing ignores a console's events but the console itself */
    only_once = once;
    interrupts = 0;
    if (!current) SetConsoleCtrlHandler(handle, TRUE);
    current = handler;
}

void end_signals_end(end_signal_handler *handler) {
    if (!current || (handler && current != handler)) return;
    current = NULL;
    SetConsoleCtrlHandler(handle, FALSE);
}

void end_by_signal(int signal_number) {
    (void)signal_number;
    TerminateProcess(GetCurrentProcess(), STATUS_CONTROL_C_EXIT);
}
