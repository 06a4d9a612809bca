/* Races in shared memory. For every word it is known who wrote it last and who has read it since, and in which epoch
 * (emulated.h). Two accesses race if at least one of them writes and no barrier that both threads pass is between them.
 * A word is the unit: two threads that write different halves of one would be reported, and no kernel does that. The
 * kernels tell of their accesses if they are instrumented (instrumented.cpp). */
#include "emulated.h"

#include <vector>

bool emulated_watching;

namespace {

enum { WARP = 32 };
const size_t STATIC_BYTES = 64 << 10;

/* Who: NOBODY, FIRST + a thread, threads of one warp, or threads of several. Entries of blocks before this one have an
 * older epoch. */
enum { NOBODY, SEVERAL, FIRST_WARP, FIRST = FIRST_WARP + 32 };
struct accessed { unsigned who, block_epoch, warp_epoch; };

struct word {
    accessed written, read;
    bool awaits_copy;           /* an asynchronous copy may arrive at any moment */
};

std::vector<word> &shadow(void) {
    static thread_local std::vector<word> words((EMULATED_MAX_SHARED + STATIC_BYTES) / 4);
    return words;
}

/* The threads that make up `who`, as a warp; -1 for several. */
int warp_of(unsigned who) {
    return who == SEVERAL ? -1 : who < FIRST ? (int)(who - FIRST_WARP) : (int)(who - FIRST) / WARP;
}

/* Whether that access and one by `me` now may happen at the same time. */
bool concurrent(const accessed &a, const emulated_place &me) {
    if (a.who == NOBODY || a.block_epoch != me.block_epoch || a.who == FIRST + me.thread)
        return false;
    return warp_of(a.who) != (int)me.thread / WARP || a.warp_epoch == me.warp_epoch;
}

void note_read(accessed *a, const emulated_place &me) {
    unsigned who = FIRST + me.thread;
    if (concurrent(*a, me))
        who = warp_of(a->who) == (int)me.thread / WARP ? FIRST_WARP + me.thread / WARP : (unsigned)SEVERAL;
    *a = {who, me.block_epoch, me.warp_epoch};
}

/* Calls act(word, me) for the words of a range of shared memory. */
template <class F> void each_word(const void *at, size_t bytes, F act) {
    int first = emulated_shared_word(at);
    if (first < 0)
        return;
    emulated_place me = emulated_where();
    int last = first + (int)(((uintptr_t)at % 4 + bytes - 1) / 4);
    for (int i = first; i <= last; i++)
        act(shadow().at((size_t)i), me);
}

}  // namespace

void emulated_access(const void *at, size_t bytes, bool write) {
    each_word(at, bytes, [write](word &w, const emulated_place &me) {
        if (w.awaits_copy)
            emulated_fail("race: an access to shared memory where an asynchronous copy may be arriving");
        if (concurrent(w.written, me))
            emulated_fail(write ? "race: two threads write the same word of shared memory"
                                : "race: a thread reads a word of shared memory that another one writes");
        if (write && concurrent(w.read, me))
            emulated_fail("race: a thread writes a word of shared memory that another one reads");
        if (write)
            w.written = {FIRST + me.thread, me.block_epoch, me.warp_epoch};
        else
            note_read(&w.read, me);
    });
}

void emulated_copy_issued(const void *to, size_t bytes) {
    emulated_access(to, bytes, true);
    each_word(to, bytes, [](word &w, const emulated_place &) { w.awaits_copy = true; });
}

void emulated_copy_complete(const void *to, size_t bytes) {
    each_word(to, bytes, [](word &w, const emulated_place &) { w.awaits_copy = false; });
    emulated_access(to, bytes, true);
}

void emulated_copy_awaited(const void *to, size_t bytes, bool awaited) {
    each_word(to, bytes, [awaited](word &w, const emulated_place &) { w.awaits_copy = awaited; });
}
