# shellcheck shell=sh
# The pages of the documentation, and how the tests read them. Sourced from the repository root.
pages="README.md CHANGELOG.md CONTRIBUTING.md $(echo docs/*.md) $(echo tools/*/README.md)"

# prose PAGE: without its code blocks
prose() {
    awk '/^ *```/ { fence = !fence; next } !fence' "$1"
}

# code PAGE: the lines of its blocks of commands (those without a language, or sh), without comments, continued lines joined
code() {
    awk '/^ *```/ { plain = !fence && /^ *``` *(sh)? *$/; fence = !fence; next }
         fence && plain { sub(/^ */, ""); sub(/ +# .*/, ""); line = line $0
                          if (sub(/ *\\$/, " ", line)) next
                          print line; line = "" }' "$1"
}

# spans PAGE: what stands in backticks, one a line
spans() {
    prose "$1" | grep -o '`[^`]*`' | tr -d '`'
}

# show_files PAGE FOLDER: its code blocks whose first line is a comment with a file's name, as files
show_files() {
    awk -v folder="$2" '
        /^ *```/ { fence = !fence; first = fence; file = ""; next }
        fence && first {
            first = 0
            if (match($0, /^ *# [a-z0-9_-]+\.(yaml|py)$/)) file = folder "/" $NF
        }
        fence && file { print >file }' "$1"
}
