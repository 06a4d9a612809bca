// Questions to the program whose answer depends on the recipe: one under way at a time, asked again where something
// changed meanwhile, so that a drag asks as often as answers come and no more.
import {store} from './store.js';
import {wire} from './wire.js';
import {toJson} from './yaml.js';

// question() gives {type, …fields} without the recipe, or null where nothing is to be asked; answered(answer) and
// failed(error) hear only of what is still wanted. `pause` ms lie between an answer and the next question.
export function newest(question, answered, failed, pause) {
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
            const answer = await wire.ask(type, {recipe: toJson(store.recipe), ...fields});
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
