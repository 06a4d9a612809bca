# Writes a C source with files as string literals, which compilers read many times faster than lists of numbers.
#   cmake -DPAGE=DIR -DOUT=FILE.c -P assets.cmake      every file of the folder as a row of page_assets[]
#   cmake -DMODEL=FILE -DOUT=FILE.c -P assets.cmake    one file as demo_model[]
cmake_minimum_required(VERSION 3.18)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_png "image/png")

# literal(FILE VARIABLE): its bytes as lines of a C string.
function(literal file variable)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  string(REGEX REPLACE "(................................................................................................)"
         "\\1\"\n    \"" bytes "${bytes}")
  set(${variable} "\"${bytes}\"" PARENT_SCOPE)
endfunction()

set(source "/* Made by assets.cmake. */\n#include \"assets.h\"\n\n")
if(MODEL)
  file(SIZE "${MODEL}" size)
  literal("${MODEL}" bytes)
  string(APPEND source "_Alignas(64) const unsigned char demo_model[] =\n    ${bytes};\n"
                       "const size_t demo_model_size = ${size};\n")
else()
  file(GLOB_RECURSE files RELATIVE "${PAGE}" "${PAGE}/*")
  set(rows "")
  set(index 0)
  foreach(file IN LISTS files)
    string(REGEX MATCH "[^.]+$" extension "${file}")
    if(NOT DEFINED type_${extension})
      message(FATAL_ERROR "assets.cmake knows no type for ${file}; give it a line beside type_html")
    endif()
    file(SIZE "${PAGE}/${file}" size)
    file(SHA256 "${PAGE}/${file}" sum)
    string(SUBSTRING "${sum}" 0 20 sum)
    literal("${PAGE}/${file}" bytes)
    string(APPEND source "static const unsigned char file_${index}[] =\n    ${bytes};\n")
    string(APPEND rows "    {\"/${file}\", \"${type_${extension}}\", \"\\\"${sum}\\\"\", file_${index}, ${size}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND source "\nconst asset page_assets[] = {\n${rows}};\nconst size_t page_asset_count = ${index};\n")
endif()
file(WRITE "${OUT}" "${source}")
