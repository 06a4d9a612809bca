// In front of the modules for node. The environment of the process is the program's, if it reads any. Node's fetch(), since version
// 18, takes no paths, and emscripten 3.1.6 would use it for the .wasm; without one it reads the file.
var fetch;
Module.preRun = [() => typeof ENV === 'object' && Object.assign(ENV, process.env)];
