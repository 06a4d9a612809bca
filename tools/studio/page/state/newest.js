// Requests whose answer depends on the recipe. One is under way at a time, and it is repeated if the recipe has changed
// meanwhile, so that during a drag there are only as many requests as answers.
import {store} from './store.js';
import {wire} from './wire.js';
import {toJson} from './yaml.js';

// question() returns {type, …fields} without the recipe, or null if there is nothing to request. answered(answer) and
// failed(error) are called only for what is still wanted. There are `pause` ms between an answer and the next request. The recipe
// is that of the work, or recipeOf().
export function newest(question, answered, failed, pause, recipeOf = () => store.recipe) {
    let underWay = false, again = false;
    async function ask() {
        if (underWay) {
            again = true;
            return;
        }
        const wanted = question();
        if (!wanted || wire.state !== 'open')
            return;
        const {type, ...fields} = wanted;
        underWay = true;
        again = false;
        try {
            const answer = await wire.ask(type, {recipe: toJson(recipeOf()), ...fields});
            if (isSame(question(), wanted))
                answered(answer);
        } catch (error) {
            if (isSame(question(), wanted))
                failed(error);
        } finally {
            await new Promise(resolve => setTimeout(resolve, pause));
            underWay = false;
            if (again)
                ask();
        }
    }
    return ask;
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
