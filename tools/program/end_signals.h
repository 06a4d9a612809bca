/* The signals that ask a program to end: SIGINT, SIGTERM and SIGHUP; on Windows Ctrl-C, Ctrl-Break, and the end of the console
 * or of the user's session. */
#ifndef GANBEND_TOOLS_END_SIGNALS_H
#define GANBEND_TOOLS_END_SIGNALS_H

#include <stdbool.h>

/* Called with the signal's number. It may set a variable of type volatile sig_atomic_t and write to a pipe, nothing else. */
typedef void end_signal_handler(int signal_number);

/* Passes these signals to the handler: to none but the first of each kind if `once`, so that a second one ends the program. Signals
 * that are ignored, as under nohup, stay so if `unless_ignored`. */
void end_signals_begin(end_signal_handler *handler, bool once, bool unless_ignored);
/* They end the program again; only those that this handler still gets, if it is not NULL. */
void end_signals_end(end_signal_handler *handler);
/* Ends the program as the signal would have, without the handler. Other threads go on until then. */
void end_by_signal(int signal_number);

#endif
