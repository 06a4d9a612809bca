// Runs what a person asked for. If it goes wrong, `line` says why, unless it was stopped.
export async function attempt(line, run) {
    line.textContent = '';
    try {
        await run();
    } catch (error) {
        line.textContent = error.message === 'stopped' ? '' : error.message;
    }
}
