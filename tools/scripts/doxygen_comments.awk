# Turns the plain comments of the public headers into Doxygen comments, so that they need no markup:
#   the first comment         the main page (of ganbend.h) or the header's description
#   /* ---- TITLE …           a group that lasts until the next one
#   a comment after code      belongs to that member
#   any other comment         belongs to the declaration that follows it
NR == 1 && /^\/\* / {
    sub(/^\/\* /, FILENAME ~ /(^|\/)ganbend[.]h$/ ? "/** @mainpage " : "/** @file\n * ")
    print
    in_main_page = 1
    next
}
in_main_page {
    ends = /\*\/$/
    if (/^ \* Conventions/) sub(/Conventions/, "## Conventions")
    else if (match($0, /^ \*   [A-Z][a-z]+  +/)) {
        split($0, words)
        $0 = " * - **" words[2] "**: " substr($0, RLENGTH + 1)
    } else if (/^ \*     / && !in_list) {
        if (!in_code) print " * @code{.c}"
        in_code = 1
    } else if (in_code) {
        print " * @endcode"
        in_code = 0
    }
    if (/^ \* - /) in_list = 1
    if (in_list) sub(/^ \*     +/, " *   ")
    print
    if (ends) in_main_page = 0
    next
}
/^\/\* -----/ {
    title = $0
    sub(/^\/\* -+ */, "", title)
    closed = sub(/ *\*\/$/, "", title)
    name = title
    gsub(/[^A-Za-z]+/, "_", name)
    print (open_group ? "/** @} */ " : "") "/** @defgroup " name " " toupper(substr(title, 1, 1)) substr(title, 2)
    print closed ? " * @{ */" : " *"
    open_group = 1
    in_group_text = !closed
    next
}
in_group_text {
    if (sub(/ *\*\/$/, "")) {
        print
        print " * @{ */"
        in_group_text = 0
    } else print
    next
}
/^#ifdef __cplusplus/ && open_group {
    print "/** @} */"
    open_group = 0
}
/^ *\/\*/ {
    sub(/\/\*/, "/**")
    print
    next
}
# A comment after an opening brace describes the whole block, which Doxygen does not support.
/\{ *\/\*/ {
    print
    next
}
/[^ ].*\/\*/ {
    sub(/\/\*/, "/**<")
    print
    next
}
{ print }
