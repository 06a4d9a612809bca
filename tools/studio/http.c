/* HTTP responses as bytes. The files that exist are the rows of page_assets[]. A path must equal one of theirs: nothing is
 * looked up in a file system, and no path is taken apart. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"

/* Nothing from other sites, nothing inline, no embedding in frames. Pictures may also come from memory. */
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " \
    "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { HEAD_ROOM = 1024 };

static const asset *find_asset(const char *path) {
    if (!strcmp(path, "/")) path = "/index.html";
    if (!strcmp(path, "/output")) path = "/output.html";
    for (size_t i = 0; i < page_asset_count; i++)
        if (!strcmp(page_assets[i].path, path)) return &page_assets[i];
    return NULL;
}

typedef struct response {
    const char *status, *type, *more;   /* `more`: further header lines */
    const void *body;
    size_t size;
    bool head, last;
    bool unchanged;                     /* 304: no body and no length */
} response;

static bool put(const response *r, outgoing *p) {
    unsigned char *block = malloc(OUTGOING_PRE + HEAD_ROOM + r->size);
    char size[48] = "";
    int length;
    if (!block) return false;
    if (!r->unchanged) snprintf(size, sizeof size, "Content-Length: %zu\r\n", r->size);
    length = snprintf((char *)block + OUTGOING_PRE, HEAD_ROOM,
                      "HTTP/1.1 %s\r\nContent-Type: %s\r\n%s%s"
                      "Content-Security-Policy: " POLICY "\r\nX-Content-Type-Options: nosniff\r\n"
                      "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n%s\r\n",
                      r->status, r->type, size, r->last ? "Connection: close\r\n" : "", r->more);
    if (length < 0 || length >= HEAD_ROOM) {
        free(block);
        return false;
    }
    *p = (outgoing){.bytes = block + OUTGOING_PRE, .size = (size_t)length};
    if (r->head) return true;
    memcpy(p->bytes + length, r->body, r->size);
    p->size += r->size;
    return true;
}

static bool put_line(const http_request *q, const char *status, const char *more, const char *line, outgoing *p) {
    char text[256];
    response r = {.status = status, .type = "text/plain; charset=utf-8", .body = text, .head = q->head, .last = true};
    char headers[128];
    r.size = (size_t)snprintf(text, sizeof text, "%s\n", line);
    snprintf(headers, sizeof headers, "Cache-Control: no-store\r\n%s", more);
    r.more = headers;
    return put(&r, p);
}

bool http_response(const http_request *q, outgoing *p, bool *last) {
    const asset *file;
    char headers[256];
    bool known;
    *last = true;
    if (q->crowded) return put_line(q, "503 Service Unavailable", "Retry-After: 5\r\n", "Too many connections.", p);
    if (q->refused) return put_line(q, "403 Forbidden", "", q->refused, p);
    if (!q->path) return put_line(q, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "Only GET and HEAD are allowed.", p);
    if (!strcmp(q->path, "/ws") || !strcmp(q->path, "/watch"))
        return put_line(q, "426 Upgrade Required", "Upgrade: websocket\r\n", "This is the address for WebSocket connections.", p);
    file = find_asset(q->path);
    if (!file) return put_line(q, "404 Not Found", "", "No such file.", p);
    *last = false;
    known = !q->cookie && q->known && !strcmp(q->known, file->etag);
    if (q->cookie)
        snprintf(headers, sizeof headers, "Cache-Control: no-store\r\nSet-Cookie: %s; Path=/; HttpOnly; SameSite=Strict%s\r\n",
                 q->cookie, q->encrypted ? "; Secure" : "");
    else
        snprintf(headers, sizeof headers, "Cache-Control: no-cache\r\nETag: %s\r\n", file->etag);
    return put(&(response){.status = known ? "304 Not Modified" : "200 OK", .type = file->type, .more = headers,
                           .body = file->bytes, .size = known ? 0 : file->size, .head = q->head, .unchanged = known},
               p);
}
