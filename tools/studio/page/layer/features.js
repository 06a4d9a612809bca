// The features of a bend: all maps, a list, a random share with its seed, or clusters, which the program finds in the maps
// and which are stored in the recipe.
import {listedFeatures, placesOf, setListed} from '../state/bends.js';
import {analysis} from '../state/analysis.js';
import {button, controls, menu, slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {progressLine} from '../parts/progress.js';
import {resultButton} from '../project/results.js';
import {clustersAt} from '../state/draw.js';
import {isMap, rangeText} from '../state/recipe.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';
import {toJson} from '../state/yaml.js';

const usualClusters = 8, manyPictures = 100;
const hasMany = () => store.ui.clusterPictures === 'many';

export function kindOfFeatures({features}) {
    if (features === undefined || features === 'all')
        return 'all';
    return !isMap(features) ? 'list' : features.random !== undefined ? 'random' : 'cluster';
}

const clustersOf = node => clustersAt(store.recipe, node);
const chosenClusters = ({features}) => [features.cluster].flat().map(Number);

// about: {bend(), edit(label, write(bend, recipe), merge), address(name)}
export function features(about) {
    const inner = el('div', {class: 'features-of'});
    const count = () => placesOf(about.bend(), store.network.nodes)[0]?.shape[0] ?? 0;
    const kind = menu({
        label: 'on', title: 'The feature maps that are bent',
        choices: [{value: 'all', label: 'all maps'}, {value: 'list', label: 'these maps'},
                  {value: 'random', label: 'a random share'}, {value: 'cluster', label: 'a cluster'}],
        value: () => about.bend() && kindOfFeatures(about.bend()),
        set: choose,
    });
    const element = el('div', {class: 'features'}, kind, inner);
    let shown = '', clusterCount = usualClusters, busy = false, problem = '';

    function choose(name) {
        const write = {
            all: bend => { delete bend.features; },
            list: bend => setListed(bend, [0]),
            random: bend => { bend.features = {random: 0.5, seed: 0}; },
            cluster: bend => { bend.features = {cluster: 0}; },
        }[name];
        if (name === 'cluster' && !placesOf(about.bend(), store.network.nodes).every(clustersOf))
            findClusters();
        else
            about.edit('Features', write);
    }

    // Finds clusters for every layer of the bend; the old choice is dropped.
    async function findClusters() {
        busy = true;
        problem = '';
        show();
        try {
            const found = {};
            for (const {name, shape} of placesOf(about.bend(), store.network.nodes)) {
                const clusters = Math.min(clusterCount, shape[0]);
                const fields = {recipe: toJson(store.recipe), node: name, clusters};
                const answer = await (hasMany() ? analysis.run('Finding clusters', 'cluster', {...fields, samples: manyPictures})
                                                : wire.ask('cluster', fields));
                found[name] = answer.clusters;
            }
            about.edit('Clusters', (bend, recipe) => {
                recipe.clusters = {...isMap(recipe.clusters) ? recipe.clusters : {}, ...found};
                bend.features = {cluster: 0};
            });
        } catch (error) {
            problem = error.message === 'stopped' ? '' : error.message;
        }
        busy = false;
        show();
    }

    function list() {
        const field = el('input', {type: 'text', class: 'ranges', 'aria-label': 'Numbers of the maps, such as 0-5, 9',
                                   title: 'Numbers of the maps, such as 0-5, 9; or click the maps',
                                   spellcheck: 'false'});
        const says = el('small', {class: 'faint'});
        const refresh = () => {
            const numbers = about.bend() && listedFeatures(about.bend());
            if (!numbers)
                return;
            if (document.activeElement !== field)
                field.value = rangeText([...numbers]);
            says.textContent = `${numbers.size} of ${count()}`;
        };
        on(field, 'change', () => {
            const numbers = listedFeatures({features: field.value.split(',')});
            const held = [...numbers].filter(number => number < count());
            if (held.length)
                about.edit('Features', bend => setListed(bend, held));
            field.blur();
            refresh();
        });
        controls.register({}, field, refresh);
        refresh();
        return [field, says];
    }

    function random() {
        const read = name => about.bend()?.features?.[name];
        const put = (name, value, address) => about.edit('Random maps', bend => {
            bend.features = {...bend.features, [name]: value};
        }, address);
        return [
            slider({address: about.address('share'), label: 'share', title: 'Share of the maps that are chosen', low: 0,
                    high: 1, defaultValue: 0.5, value: () => read('random'),
                    set: value => put('random', value, about.address('share'))}),
            slider({address: about.address('draw'), label: 'seed', title: 'Another seed chooses other maps', low: 0,
                    span: [0, 99], high: 2 ** 31 - 1, integer: true, defaultValue: 0, value: () => read('seed'),
                    set: value => put('seed', value, about.address('draw'))}),
        ];
    }

    function clusters() {
        const node = placesOf(about.bend(), store.network.nodes)[0];
        const groups = node && clustersOf(node);
        const buttons = groups?.map((group, i) => {
            const chip = el('button', {type: 'button', class: 'chip', onclick: () => toggle(i),
                                       title: `${group.length} maps: ${rangeText(group)}`},
                            String(i), el('small', {class: 'faint'}, ` ${group.length}`));
            const refresh = () => chip.setAttribute('aria-pressed', String(isMap(about.bend()?.features)
                && chosenClusters(about.bend()).includes(i)));
            controls.register({}, chip, refresh);
            refresh();
            return chip;
        });
        const toggle = i => about.edit('Clusters', bend => {
            const now = chosenClusters(bend);
            const next = now.includes(i) ? now.filter(other => other !== i) : [...now, i].sort((a, b) => a - b);
            bend.features = {...bend.features, cluster: next.length > 1 ? next : next[0] ?? i};
        });
        return [
            buttons && el('div', {class: 'row chips', role: 'group', 'aria-label': 'Clusters'}, buttons),
            slider({label: 'clusters', title: 'Number of clusters to find', low: 2, high: 32, integer: true,
                    value: () => clusterCount, set: value => { clusterCount = value; controls.refresh(); }}),
            menu({label: 'in', title: 'The pictures whose maps are compared: a hundred take longer and say more about the layer',
                  choices: [{value: 'one', label: 'this picture'}, {value: 'many', label: `${manyPictures} pictures`}],
                  value: () => hasMany() ? 'many' : 'one', set: value => store.setUi('clusterPictures', value)}),
            button({label: groups ? 'Find again' : 'Find clusters', icon: 'dice', run: findClusters,
                    title: 'Groups similar maps; the clusters are stored in the recipe'}),
            resultButton('clusters'),
        ];
    }

    function show() {
        const bend = about.bend();
        if (!bend)
            return;
        const now = JSON.stringify([kindOfFeatures(bend), busy, problem, kindOfFeatures(bend) === 'cluster'
            && placesOf(bend, store.network.nodes).map(node => clustersOf(node)?.map(group => group.length))]);
        if (now === shown)
            return;
        shown = now;
        clear(inner, {all: () => null, list, random, cluster: clusters}[kindOfFeatures(bend)](),
              busy && (hasMany() ? progressLine() : el('small', {class: 'faint', role: 'status'}, 'Finding clusters…')),
              problem && el('small', {class: 'wrong', role: 'alert'}, problem));
    }
    controls.register({}, element, show);
    show();
    return element;
}
