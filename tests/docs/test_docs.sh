#!/bin/sh
# What the documentation refers to is there: links and their anchors, files, functions, variables, options and scripts; every
# picture is shown somewhere, and every page can be reached from docs/index.md.
#
# Figures: a section (## to ##) that states a measured time, rate, memory or quality must hold a command that measures it.
# usage: test_docs.sh GANBEND, from the repository root
set -u
ganbend=$1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
seen=0
. tests/docs/pages.sh

bad() {
    echo "$1" >&2
    failed=$((failed + 1))
}

# ---- links
links() {
    prose "$1" | grep -oE '\]\([^)]*\)|(src|href|srcset)="[^"]*"' | sed 's/^](\(.*\))$/\1/; s/^[a-z]*="\(.*\)"$/\1/'
}

# slugs PAGE: the anchors that its headings make
slugs() {
    prose "$1" | sed -n 's/^#\{1,6\} //p' | tr 'A-Z' 'a-z' | tr -d '`' | LC_ALL=C sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

for page in $pages; do
    folder=$(dirname "$page")
    links "$page" >"$scratch/links"
    while read -r link; do
        seen=$((seen + 1))
        case $link in
        https://* | http://127.0.0.1*) continue ;;
        *:*)
            bad "$page: $link is no relative link and no https one"
            continue
            ;;
        esac
        file=${link%%#*}
        target=$page
        [ -n "$file" ] && target=$folder/$file
        [ -e "$target" ] || bad "$page: $link leads to no file"
        echo "$(realpath -m --relative-to=. "$target")" >>"$scratch/linked"
        case $link in
        *.md#* | \#*) slugs "$target" | grep -qxF -- "${link#*#}" || bad "$page: $link leads to no heading" ;;
        esac
    done <"$scratch/links"
done
[ "$seen" -gt 100 ] || bad "only $seen links were found"

for picture in docs/pictures/* docs/studio/*; do
    case $picture in *.md) continue ;; esac
    grep -qxF "$picture" "$scratch/linked" || bad "$picture is shown by no page"
done
links docs/index.md >"$scratch/index"
for page in docs/*.md; do
    [ "$page" = docs/index.md ] || grep -qE "^$(basename "$page")(#.*)?\$" "$scratch/index" ||
        bad "docs/index.md does not lead to $page"
done

# ---- names
"$ganbend" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >"$scratch/commands"
while read -r command; do
    "$ganbend" "$command" --help-all
    for verb in $("$ganbend" "$command" --help | sed -n "1s/^usage: ganbend $command \[*\([a-z|]*\)\]* …\$/\1/p" | tr '|' ' '); do
        "$ganbend" "$command" "$verb" --help-all
    done
done <"$scratch/commands" | grep -oE '^  (-o|--[-a-z]+)' | tr -d ' ' | sort -u >"$scratch/options"
printf '%s\n' --help --version >>"$scratch/options"

in_sources() {
    grep -rqwF --include='*.[ch]' --include='*.cu' --include='*.cuh' --include='*.txt' --include='*.cmake' \
        --include='*.sh' --include='*.mjs' --include='*.py' -e "$1" engine ops cuda weights tools tests CMakeLists.txt
}

for page in $pages; do
    [ "$page" = CHANGELOG.md ] && continue
    spans "$page" >"$scratch/spans"
    { cat "$scratch/spans"; awk '/^ *```/ { fence = !fence; next } fence' "$page"; } >"$scratch/text"
    for name in $(grep -oE '\b(gb_[a-z0-9_]+|GB_[A-Z0-9_]+)\b' "$scratch/text" | sort -u); do
        case $name in *_) continue ;; esac          # gb_session_*
        in_sources "$name" || bad "$page: $name is nowhere in the sources"
    done
    for name in $(grep -oE '\bGANBEND_[A-Z_]+\b' "$scratch/text" | sort -u); do
        in_sources "$name" || bad "$page: $name is nowhere in the sources"
    done
    for path in $(grep -oE '^(engine|ops|cuda|weights|tools|tests|docs)/[a-zA-Z0-9_./*{,}-]*' "$scratch/spans" | sort -u); do
        # shellcheck disable=SC2086  # a pattern
        [ -e "$(echo $path | cut -d ' ' -f 1)" ] || bad "$page: there is no $path"
    done
    # What another program's script takes is not ours: spans with a .py before the option, or that begin with an ellipsis.
    for option in $(grep -vE '\.py .*--|^…' "$scratch/spans" | grep -oE '(^|[ `/])--[a-z][-a-z]+' | grep -oE -- '--[-a-z]+' | sort -u); do
        grep -qxF -- "$option" "$scratch/options" ||
            grep -rqF -- "$option" tools/*.sh tools/scripts tools/farm tools/train tests/tools/studio tests/reference tests/ops ||
            bad "$page: $option is an option of no subcommand or script"
    done
    for script in $(grep -oE '(sh|node|python3) (tools|tests|docs)/[a-zA-Z0-9_./-]+' "$scratch/text" | cut -d ' ' -f 2); do
        [ -e "$script" ] || bad "$page: there is no $script"
    done
done

# ---- messages: those that the pages explain are in the sources
{
    sed -n '/^| part of an error message/,/^$/s/^| `\([^`]*\)` .*/\1/p' docs/*.md
    sed -n 's/^\*\*"\([^"]*\)".*/\1/p' docs/faq.md
} >"$scratch/messages"
[ "$(wc -l <"$scratch/messages")" -gt 8 ] || bad "few messages were found"
while IFS= read -r message; do
    number=$(printf '%s' "$message" | sed 's/^[0-9][0-9]* //')         # "16 tabs are open"
    grep -rqF -e "$number" engine cuda ops weights tools || bad "no message says: $message"
done <"$scratch/messages"

# ---- quotes: lines of C in CONTRIBUTING.md are lines of the examples
awk '/^ *```c/ { fence = 1; next } /^ *```/ { fence = 0 } fence && NF' CONTRIBUTING.md >"$scratch/quotes"
[ -s "$scratch/quotes" ] || bad "CONTRIBUTING.md quotes nothing"
while IFS= read -r line; do
    cat docs/examples/adding/* | grep -qxF -- "$line" || bad "CONTRIBUTING.md: no example has the line: $line"
done <"$scratch/quotes"

# ---- figures
for page in $pages; do
    awk -v page="$page" '
        function close_section() {
            if (figure && !command) print page ": \"" title "\" states a figure (" figure ") without a command"
        }
        /^## / { close_section(); title = $0; figure = command = "" }
        /^ *```/ { fence = !fence; next }
        fence && /(ganbend|sh|node|python3|for|cmake|ctest) / { command = 1 }
        !fence && /`(\/usr\/bin\/)?(ganbend|sh|node|python3|cmake|ctest|check_ops|load\.mjs)[ `]/ { command = 1 }
        !fence && match($0, /[0-9] (ms|s|MB|dB|GFLOP\/s|GB\/s|frames a second|frames per second)([ .,;)|]|$)/) {
            figure = substr($0, RSTART - 6 > 0 ? RSTART - 6 : 1, RLENGTH + 6)
        }
        END { close_section() }' "$page"
done >"$scratch/figures"
[ -s "$scratch/figures" ] && bad "$(cat "$scratch/figures")"

echo "$seen links, $failed faults"
[ "$failed" -eq 0 ]
