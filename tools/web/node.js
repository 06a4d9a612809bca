// In front of the modules for node. The environment of the process is the program's. Node's fetch(), since version 18, takes no
// paths, and emscripten 3.1.6 would use it for the .wasm; without one it reads the file.
var fetch;
Module.preRun = [() => Object.assign(ENV, process.env)];
