/* The pickle machine: a table of operations (pickletools.py is the format's only specification), a stack of values, a
 * stack of marks and a memo. Time and memory depend on the number of bytes, never on a number read from them: a memo
 * slot must be below the number of operations so far, the stacks have a fixed limit, values come from the arena. */
#include "pickle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "constructors.h"
#include "literal.h"

enum { STACK_LIMIT = 1 << 22, FIRST_STACK = 64 };

typedef struct machine {
    gb_pickle *p;
    gb_bytes *from;
    size_t operations;
    int width;              /* of the operation that runs */
    gb_value **stack;
    size_t depth, stack_room;
    size_t *marks;          /* stack depths */
    size_t mark_count, mark_room;
    gb_value **memo;
    size_t memo_size, memo_room;
    gb_value *none, *yes, *no, *empty_tuple;    /* shared: they never change */
    bool stopped;
} machine;

typedef struct operation {
    const char *name;
    bool (*run)(machine *m);
    int width;      /* bytes of the number behind its code, 0 if there is no number; for TUPLE1 to 3 the items */
} operation;

/* ---- stacks and memo ------------------------------------------------------------------------------------------- */

static bool no_memory(machine *m) {
    gb_pickle_full(m->p);
    return false;
}

/* Makes room for element `count` of a list of `width`-byte elements. */
static bool make_room(void **list, size_t count, size_t *room, size_t width) {
    if (count < *room)
        return true;
    size_t more = *room ? *room : FIRST_STACK;
    while (more <= count)
        more *= 2;
    void *grown = realloc(*list, more * width);
    if (!grown)
        return false;
    memset((char *)grown + *room * width, 0, (more - *room) * width);
    *list = grown;
    *room = more;
    return true;
}

/* Room for one more value. */
static bool stack_room(machine *m) {
    void *stack = m->stack;
    bool good = make_room(&stack, m->depth, &m->stack_room, sizeof *m->stack);
    m->stack = stack;
    return good;
}

static bool push(machine *m, gb_value *v) {
    if (!v)
        return no_memory(m);
    if (m->depth == STACK_LIMIT)
        return gb_because(m->p->why, "more than %d values on the stack", STACK_LIMIT);
    if (!stack_room(m))
        return no_memory(m);
    m->stack[m->depth++] = v;
    return true;
}

/* Pushes a new value; NULL means that the reason is in p->why. */
static bool push_made(machine *m, gb_value *v) {
    return v && push(m, v);
}

/* Number of values above the last mark; those below it belong to an outer object. */
static size_t available(const machine *m) {
    return m->depth - (m->mark_count ? m->marks[m->mark_count - 1] : 0);
}

static gb_value *pop(machine *m) {
    if (available(m) == 0) {
        gb_because(m->p->why, "nothing on the stack to take");
        return NULL;
    }
    return m->stack[--m->depth];
}

static gb_value *top(machine *m) {
    if (available(m) == 0) {
        gb_because(m->p->why, "nothing on the stack to work on");
        return NULL;
    }
    return m->stack[m->depth - 1];
}

/* Takes everything above the last mark, and the mark; the values stay where they are until the next push. */
static bool pop_mark(machine *m, gb_value ***items, size_t *count) {
    *items = NULL;
    *count = 0;
    if (m->mark_count == 0)
        return gb_because(m->p->why, "no mark on the stack");
    size_t base = m->marks[--m->mark_count];
    *items = m->stack + base;
    *count = m->depth - base;
    m->depth = base;
    return true;
}

static bool memo_put(machine *m, uint64_t slot) {
    gb_value *v = top(m);
    if (!v)
        return false;
    if (slot > m->operations)
        return gb_because(m->p->why, "memo slot %" PRIu64 " after %zu operations", slot, m->operations);
    void *memo = m->memo;
    if (!make_room(&memo, (size_t)slot, &m->memo_room, sizeof *m->memo))
        return no_memory(m);
    m->memo = memo;
    m->memo[slot] = v;
    if (m->memo_size <= slot)
        m->memo_size = (size_t)slot + 1;
    return true;
}

static bool memo_get(machine *m, uint64_t slot) {
    if (slot >= m->memo_size || !m->memo[slot])
        return gb_because(m->p->why, "memo slot %" PRIu64 " is empty", slot);
    return push(m, m->memo[slot]);
}

/* ---- constants ------------------------------------------------------------------------------------------------- */

static bool op_none(machine *m) { return push(m, m->none); }
static bool op_true(machine *m) { return push(m, m->yes); }
static bool op_false(machine *m) { return push(m, m->no); }
static bool op_empty_tuple(machine *m) { return push(m, m->empty_tuple); }
static bool op_empty_list(machine *m) { return push_made(m, gb_pickle_new(m->p, GB_VALUE_LIST)); }
static bool op_empty_dict(machine *m) { return push_made(m, gb_pickle_new(m->p, GB_VALUE_DICT)); }
static bool op_empty_set(machine *m) { return push_made(m, gb_pickle_new(m->p, GB_VALUE_SET)); }

static bool op_unsigned(machine *m) { return push_made(m, gb_literal_unsigned(m->p, m->from, m->width)); }
static bool op_binint(machine *m) { return push_made(m, gb_literal_int32(m->p, m->from)); }
static bool op_binlong(machine *m) { return push_made(m, gb_literal_long(m->p, m->from, m->width)); }
static bool op_int(machine *m) { return push_made(m, gb_literal_int_line(m->p, m->from)); }
static bool op_long(machine *m) { return push_made(m, gb_literal_long_line(m->p, m->from)); }
static bool op_binfloat(machine *m) { return push_made(m, gb_literal_double(m->p, m->from)); }
static bool op_float(machine *m) { return push_made(m, gb_literal_float_line(m->p, m->from)); }
static bool op_binstr(machine *m) { return push_made(m, gb_literal_str(m->p, m->from, m->width)); }
static bool op_binbytes(machine *m) { return push_made(m, gb_literal_bytes(m->p, m->from, m->width)); }
static bool op_string(machine *m) { return push_made(m, gb_literal_quoted_line(m->p, m->from)); }
static bool op_unicode(machine *m) { return push_made(m, gb_literal_unicode_line(m->p, m->from)); }

/* ---- containers ------------------------------------------------------------------------------------------------ */

static bool op_mark(machine *m) {
    void *marks = m->marks;
    if (m->mark_count == STACK_LIMIT)
        return gb_because(m->p->why, "more than %d marks on the stack", STACK_LIMIT);
    if (!make_room(&marks, m->mark_count, &m->mark_room, sizeof *m->marks))
        return no_memory(m);
    m->marks = marks;
    m->marks[m->mark_count++] = m->depth;
    return true;
}

static gb_value *new_seq(machine *m, gb_value_kind kind, gb_value **items, size_t count) {
    gb_value *v = gb_value_new(m->p->arena, kind);
    if (v && count) {
        v->seq.items = gb_arena_take(m->p->arena, count * sizeof *items);
        if (!v->seq.items)
            return NULL;
        memcpy(v->seq.items, items, count * sizeof *items);
        v->seq.count = v->seq.room = count;
    }
    return v;
}

static bool seq_from_mark(machine *m, gb_value_kind kind) {
    gb_value **items;
    size_t count;
    return pop_mark(m, &items, &count) && push(m, new_seq(m, kind, items, count));
}

static bool op_list(machine *m) { return seq_from_mark(m, GB_VALUE_LIST); }
static bool op_tuple(machine *m) { return seq_from_mark(m, GB_VALUE_TUPLE); }
static bool op_frozenset(machine *m) { return seq_from_mark(m, GB_VALUE_SET); }

static bool op_tuple_of(machine *m) {
    size_t count = (size_t)m->width;
    if (available(m) < count)
        return gb_because(m->p->why, "nothing on the stack to take");
    m->depth -= count;
    return push(m, new_seq(m, GB_VALUE_TUPLE, m->stack + m->depth, count));
}

/* The container that items go to: the object itself, or what a record keeps for them. */
static gb_value *container(machine *m, gb_value *object, gb_value_kind kind) {
    if (object->kind == kind)
        return object;
    if (object->kind != GB_VALUE_RECORD) {
        gb_because(m->p->why, "%s cannot take items", gb_value_kind_name(object));
        return NULL;
    }
    gb_value **slot = kind == GB_VALUE_DICT ? &object->record.entries : &object->record.items;
    if (!*slot)
        *slot = gb_pickle_new(m->p, kind == GB_VALUE_DICT ? GB_VALUE_DICT : GB_VALUE_LIST);
    return *slot;
}

static bool add_items(machine *m, gb_value_kind kind, gb_value **items, size_t count) {
    gb_value *object = top(m), *to = object ? container(m, object, kind) : NULL;
    if (!to)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!gb_value_append(m->p->arena, to, items[i]))
            return no_memory(m);
    return true;
}

static bool fill(machine *m, gb_value *dict, gb_value **items, size_t count) {
    if (count % 2)
        return gb_because(m->p->why, "a key without a value");
    for (size_t i = 0; i < count; i += 2)
        if (!gb_value_set(m->p->arena, dict, items[i], items[i + 1]))
            return no_memory(m);
    return true;
}

static bool add_entries(machine *m, gb_value **items, size_t count) {
    gb_value *object = top(m), *to = object ? container(m, object, GB_VALUE_DICT) : NULL;
    return to && fill(m, to, items, count);
}

static bool op_append(machine *m) {
    gb_value *item = pop(m);
    return item && add_items(m, GB_VALUE_LIST, &item, 1);
}

static bool op_appends(machine *m) {
    gb_value **items;
    size_t count;
    return pop_mark(m, &items, &count) && add_items(m, GB_VALUE_LIST, items, count);
}

static bool op_additems(machine *m) {
    gb_value **items;
    size_t count;
    return pop_mark(m, &items, &count) && add_items(m, GB_VALUE_SET, items, count);
}

static bool op_setitem(machine *m) {
    if (available(m) < 3)
        return gb_because(m->p->why, "nothing on the stack to take");
    gb_value *entry[2] = {m->stack[m->depth - 2], m->stack[m->depth - 1]};
    m->depth -= 2;
    return add_entries(m, entry, 2);
}

static bool op_setitems(machine *m) {
    gb_value **items;
    size_t count;
    return pop_mark(m, &items, &count) && add_entries(m, items, count);
}

static bool op_dict(machine *m) {
    gb_value **items, *dict = gb_pickle_new(m->p, GB_VALUE_DICT);
    size_t count;
    return dict && pop_mark(m, &items, &count) && fill(m, dict, items, count) && push(m, dict);
}

static bool op_pop(machine *m) {
    if (available(m) == 0 && m->mark_count > 0) {   /* Python 2 pops marks this way */
        m->mark_count--;
        return true;
    }
    return pop(m);
}

static bool op_pop_mark(machine *m) {
    gb_value **items;
    size_t count;
    return pop_mark(m, &items, &count);
}

static bool op_dup(machine *m) {
    gb_value *v = top(m);
    return v && push(m, v);
}

/* ---- memo ------------------------------------------------------------------------------------------------------ */

/* In binary if the operation has a width, else as a line. */
static bool take_slot(machine *m, uint64_t *slot) {
    return m->width ? gb_literal_number(m->p, m->from, m->width, slot) : gb_literal_slot(m->p, m->from, slot);
}

static bool op_put(machine *m) {
    uint64_t slot;
    return take_slot(m, &slot) && memo_put(m, slot);
}

static bool op_get(machine *m) {
    uint64_t slot;
    return take_slot(m, &slot) && memo_get(m, slot);
}

static bool op_memoize(machine *m) { return memo_put(m, m->memo_size); }

/* ---- classes and objects: names and records, never anything else ----------------------------------------------- */

static gb_value *new_class(machine *m, const char *module, size_t module_size, const char *name, size_t name_size) {
    gb_value *v = gb_value_new(m->p->arena, GB_VALUE_CLASS);
    if (!v || !(v->record.module = gb_arena_text(m->p->arena, module, module_size)) ||
        !(v->record.name = gb_arena_text(m->p->arena, name, name_size)))
        return NULL;
    return v;
}

static bool take_class(machine *m, gb_value **class) {
    const char *module, *name;
    size_t module_size, name_size;
    if (!gb_literal_line(m->p, m->from, &module, &module_size) || !gb_literal_line(m->p, m->from, &name, &name_size))
        return false;
    *class = new_class(m, module, module_size, name, name_size);
    return *class || no_memory(m);
}

static bool op_global(machine *m) {
    gb_value *class;
    return take_class(m, &class) && push(m, class);
}

static bool op_stack_global(machine *m) {
    gb_value *name = pop(m), *module = name ? pop(m) : NULL;
    if (!module)
        return false;
    if (name->kind != GB_VALUE_STR || module->kind != GB_VALUE_STR)
        return gb_because(m->p->why, "a class named by %s and %s", gb_value_kind_name(module),
                          gb_value_kind_name(name));
    gb_value *class = gb_value_new(m->p->arena, GB_VALUE_CLASS);
    if (class) {
        class->record.module = module->str.text;
        class->record.name = name->str.text;
    }
    return push(m, class);
}

static bool construct(machine *m, const gb_value *callable, gb_value *args) {
    gb_value *made = gb_construct(m->p, callable, args);
    return made && push(m, made);
}

static bool op_reduce(machine *m) {
    gb_value *args = pop(m), *callable = args ? pop(m) : NULL;
    return callable && construct(m, callable, args);
}

static bool op_newobj_ex(machine *m) {
    return pop(m) && op_reduce(m);      /* drops the keyword arguments, which the state repeats */
}

static bool op_inst(machine *m) {
    gb_value *class, **items;
    size_t count;
    if (!take_class(m, &class) || !pop_mark(m, &items, &count))
        return false;
    gb_value *args = new_seq(m, GB_VALUE_TUPLE, items, count);
    return args ? construct(m, class, args) : no_memory(m);
}

static bool op_obj(machine *m) {
    gb_value **items;
    size_t count;
    if (!pop_mark(m, &items, &count))
        return false;
    if (count == 0)
        return gb_because(m->p->why, "no class to make an object of");
    gb_value *class = items[0], *args = new_seq(m, GB_VALUE_TUPLE, items + 1, count - 1);
    return args ? construct(m, class, args) : no_memory(m);
}

static bool op_build(machine *m) {
    gb_value *state = pop(m), *object = state ? top(m) : NULL;
    return object && gb_build(m->p, object, state);
}

static bool persistent(machine *m, const gb_value *id) {
    if (!m->p->persistent)
        return gb_because(m->p->why, "a reference to something outside the file");
    gb_value *v = m->p->persistent(m->p, id);
    return v && push(m, v);
}

static bool op_binpersid(machine *m) {
    gb_value *id = pop(m);
    return id && persistent(m, id);
}

static bool op_persid(machine *m) {
    const char *line;
    size_t size;
    if (!gb_literal_line(m->p, m->from, &line, &size))
        return false;
    gb_value *id = gb_value_new_str(m->p->arena, line, size);
    return id ? persistent(m, id) : no_memory(m);
}

/* ---- the rest -------------------------------------------------------------------------------------------------- */

static bool op_proto(machine *m) {
    uint64_t version;
    if (!gb_literal_number(m->p, m->from, m->width, &version))
        return false;
    return version <= 5 || gb_because(m->p->why, "protocol %" PRIu64 "; 0 to 5 exist", version);
}

static bool op_frame(machine *m) {
    uint64_t size;
    if (!gb_literal_number(m->p, m->from, m->width, &size))
        return false;
    m->p->cut = size > gb_bytes_left(m->from);
    return !m->p->cut ||
           gb_because(m->p->why, "a frame of %" PRIu64 " bytes, %zu are left in the file", size,
                      gb_bytes_left(m->from));
}

static bool op_ext(machine *m) {
    return gb_because(m->p->why, "a class from the copyreg extension registry, which no file carries");
}

static bool op_buffer(machine *m) {
    return gb_because(m->p->why, "a buffer outside the pickle, which no file carries");
}

static bool op_stop(machine *m) {
    if (m->mark_count > 0)
        return gb_because(m->p->why, "a mark is still open");
    m->stopped = true;
    return top(m);
}

static const operation operations[256] = {
    ['('] = {"MARK", op_mark, 0}, ['.'] = {"STOP", op_stop, 0}, ['0'] = {"POP", op_pop, 0},
    ['1'] = {"POP_MARK", op_pop_mark, 0}, ['2'] = {"DUP", op_dup, 0}, ['F'] = {"FLOAT", op_float, 0},
    ['I'] = {"INT", op_int, 0}, ['J'] = {"BININT", op_binint, 0}, ['K'] = {"BININT1", op_unsigned, 1},
    ['L'] = {"LONG", op_long, 0}, ['M'] = {"BININT2", op_unsigned, 2}, ['N'] = {"NONE", op_none, 0},
    ['P'] = {"PERSID", op_persid, 0}, ['Q'] = {"BINPERSID", op_binpersid, 0}, ['R'] = {"REDUCE", op_reduce, 0},
    ['S'] = {"STRING", op_string, 0}, ['T'] = {"BINSTRING", op_binstr, 4}, ['U'] = {"SHORT_BINSTRING", op_binstr, 1},
    ['V'] = {"UNICODE", op_unicode, 0}, ['X'] = {"BINUNICODE", op_binstr, 4}, ['a'] = {"APPEND", op_append, 0},
    ['b'] = {"BUILD", op_build, 0}, ['c'] = {"GLOBAL", op_global, 0}, ['d'] = {"DICT", op_dict, 0},
    ['}'] = {"EMPTY_DICT", op_empty_dict, 0}, ['e'] = {"APPENDS", op_appends, 0}, ['g'] = {"GET", op_get, 0},
    ['h'] = {"BINGET", op_get, 1}, ['i'] = {"INST", op_inst, 0}, ['j'] = {"LONG_BINGET", op_get, 4},
    ['l'] = {"LIST", op_list, 0}, [']'] = {"EMPTY_LIST", op_empty_list, 0}, ['o'] = {"OBJ", op_obj, 0},
    ['p'] = {"PUT", op_put, 0}, ['q'] = {"BINPUT", op_put, 1}, ['r'] = {"LONG_BINPUT", op_put, 4},
    ['s'] = {"SETITEM", op_setitem, 0}, ['t'] = {"TUPLE", op_tuple, 0}, [')'] = {"EMPTY_TUPLE", op_empty_tuple, 0},
    ['u'] = {"SETITEMS", op_setitems, 0}, ['G'] = {"BINFLOAT", op_binfloat, 0}, ['B'] = {"BINBYTES", op_binbytes, 4},
    ['C'] = {"SHORT_BINBYTES", op_binbytes, 1}, [0x80] = {"PROTO", op_proto, 1}, [0x81] = {"NEWOBJ", op_reduce, 0},
    [0x82] = {"EXT1", op_ext, 0}, [0x83] = {"EXT2", op_ext, 0}, [0x84] = {"EXT4", op_ext, 0},
    [0x85] = {"TUPLE1", op_tuple_of, 1}, [0x86] = {"TUPLE2", op_tuple_of, 2}, [0x87] = {"TUPLE3", op_tuple_of, 3},
    [0x88] = {"NEWTRUE", op_true, 0}, [0x89] = {"NEWFALSE", op_false, 0}, [0x8a] = {"LONG1", op_binlong, 1},
    [0x8b] = {"LONG4", op_binlong, 4}, [0x8c] = {"SHORT_BINUNICODE", op_binstr, 1},
    [0x8d] = {"BINUNICODE8", op_binstr, 8}, [0x8e] = {"BINBYTES8", op_binbytes, 8},
    [0x8f] = {"EMPTY_SET", op_empty_set, 0}, [0x90] = {"ADDITEMS", op_additems, 0},
    [0x91] = {"FROZENSET", op_frozenset, 0}, [0x92] = {"NEWOBJ_EX", op_newobj_ex, 0},
    [0x93] = {"STACK_GLOBAL", op_stack_global, 0}, [0x94] = {"MEMOIZE", op_memoize, 0}, [0x95] = {"FRAME", op_frame, 8},
    [0x96] = {"BYTEARRAY8", op_binbytes, 8}, [0x97] = {"NEXT_BUFFER", op_buffer, 0},
    [0x98] = {"READONLY_BUFFER", op_buffer, 0},
};

static bool run(machine *m) {
    gb_pickle *p = m->p;
    m->none = gb_value_new(p->arena, GB_VALUE_NONE);
    m->yes = gb_value_new_bool(p->arena, true);
    m->no = gb_value_new_bool(p->arena, false);
    m->empty_tuple = gb_value_new(p->arena, GB_VALUE_TUPLE);
    if (!m->none || !m->yes || !m->no || !m->empty_tuple || !stack_room(m))
        return no_memory(m);
    while (!m->stopped) {
        size_t at = m->from->at;
        const uint8_t *code = gb_bytes_take(m->from, 1);
        if (!code) {
            p->cut = true;
            return gb_because(p->why, "at byte %zu: the pickle ends without STOP", at);
        }
        const operation *o = &operations[*code];
        m->p->operations = ++m->operations;
        m->width = o->width;
        if (!o->run)
            return gb_because(p->why, "at byte %zu: 0x%02x is not a pickle operation", at, *code);
        if (!o->run(m))
            return gb_because_in(p->why, "at byte %zu (%s)", at, o->name);
    }
    return true;
}

gb_value *gb_pickle_read(gb_pickle *p, gb_bytes *from) {
    machine m = {.p = p, .from = from};
    gb_value *result = run(&m) ? m.stack[m.depth - 1] : NULL;
    free(m.stack);
    free(m.marks);
    free(m.memo);
    return result;
}
