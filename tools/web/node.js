// In front of the modules for node: its fetch(), since version 18, takes no paths, and emscripten 3.1.6 would use it for the
// .wasm. Without one it reads the file.
var fetch;
