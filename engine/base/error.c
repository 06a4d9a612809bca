/* Error messages, see error.h. File and tensor names in them are untrusted: gb_make_printable() cleans them, so that they
 * cannot control a terminal, and a message that is too long is cut at the end of a UTF-8 character. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

gb_status gb_fail(gb_error *err, gb_status status, const char *format, ...) {
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (length < 0)
        err->message[0] = '\0';
    if (length >= (int)sizeof err->message) {
        size_t end = sizeof err->message - 1;
        while (end > 0 && ((unsigned char)err->message[end - 1] & 0xC0) == 0x80)
            end--;
        if (end > 0 && (unsigned char)err->message[end - 1] >= 0xC0)
            end--;
        err->message[end] = '\0';
    }
    gb_make_printable(err->message);
    return status;
}

gb_status gb_fail_because(gb_error *err, gb_status status, const gb_reason *why) {
    return gb_fail(err, why->status == GB_NO_MEMORY ? GB_NO_MEMORY : status, "%s", why->text);
}
