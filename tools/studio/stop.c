/* The message that stops an analysis. */
#include "handlers.h"

gb_status handle_stop(live *s, const message *m, outgoing *p, gb_error *err) {
    bool stopped = analysis_stop(&s->analysis, m->keep);
    return pack_answer(m->id, json_pack("{s:b}", "stopped", stopped), p, err);
}
