// A searchable menu of all filters with their summaries: type a few letters, arrow keys, Enter.
import {clear, el, on} from '../parts/dom.js';
import {store} from '../state/store.js';

// Rows that match the query, those whose name starts with it first.
export function found(rows, typed) {
    const wanted = typed.trim().toLowerCase();
    const place = ({name, alias, summary}) => {
        const places = [name.startsWith(wanted), name.includes(wanted), alias?.includes(wanted),
                        summary.toLowerCase().includes(wanted)];
        return places.findIndex(Boolean);
    };
    return rows.map(row => ({row, at: wanted ? place(row) : 0})).filter(({at}) => at >= 0)
        .sort((a, b) => a.at - b.at).map(({row}) => row);
}

// Calls choose(row) for the chosen row. Returns {element, focus()}.
export function filterMenu(choose) {
    const field = el('input', {type: 'search', class: 'filter-search', placeholder: 'Add a filter…', role: 'combobox',
                               'aria-label': 'Add a filter', 'aria-expanded': 'false', 'aria-controls': 'filter-list',
                               'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false',
                               title: 'All filters with descriptions; type to search'});
    const list = el('div', {id: 'filter-list', class: 'filter-list', role: 'listbox', 'aria-label': 'Filters',
                            hidden: true});
    const element = el('div', {class: 'filter-menu'}, field, list);
    let rows = [], at = 0;

    function open() {
        rows = found(store.rows.filters, field.value);
        at = 0;
        clear(list, rows.length ? rows.map((row, i) =>
            el('div', {role: 'option', id: `filter-${i}`, class: 'option',
                       onpointerdown: event => event.preventDefault(), onclick: () => take(row)},
               el('strong', null, row.name), row.alias && el('span', {class: 'faint'}, ` ${row.alias}`),
               el('span', {class: 'says'}, row.summary)))
            : el('div', {class: 'option faint', role: 'option', 'aria-disabled': 'true'}, 'No filter matches.'));
        list.hidden = false;
        field.setAttribute('aria-expanded', 'true');
        mark(false);
    }

    function close() {
        list.hidden = true;
        field.setAttribute('aria-expanded', 'false');
        field.removeAttribute('aria-activedescendant');
    }

    function mark(scroll = true) {
        [...list.children].forEach((option, i) =>
            option.setAttribute('aria-selected', String(i === at && rows.length > 0)));
        if (rows.length)
            field.setAttribute('aria-activedescendant', `filter-${at}`);
        if (scroll)
            list.children[at]?.scrollIntoView({block: 'nearest'});
    }

    function take(row) {
        field.value = '';
        close();
        if (row)
            choose(row);
    }

    on(field, 'focus', open);
    on(field, 'click', open);
    on(field, 'input', open);
    on(field, 'blur', close);
    on(field, 'keydown', event => {
        const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
        if (by) {
            if (list.hidden)
                open();
            else
                at = (at + by + rows.length) % Math.max(1, rows.length);
            mark();
        } else if (event.key === 'Enter' && !list.hidden) {
            take(rows[at]);
        } else if (event.key === 'Escape' && !list.hidden) {
            field.value = '';
            close();
        } else {
            return;
        }
        event.preventDefault();
    });
    return {element, focus: () => field.focus()};
}
