# Sourced by the scripts beside it: timed steps, tools that may be absent, and a summary at the end.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
target=${CARGO_TARGET_DIR:-target}
current='' summary=() skipped=()

# step NAME COMMAND...: runs the command and notes its time and its processor time.
step() {
    local wall=$SECONDS cpu before
    current=$1
    shift
    read_cpu
    before=$cpu
    printf '\n== %s\n' "$current"
    "$@"
    read_cpu
    summary+=("$(row $((SECONDS - wall)) $((cpu - before)) "$current")")
    current=''
}

row() {
    printf '%6d s %6d CPU s  %s' "$@"
}

# Sets cpu to the seconds of processor time of every command so far. `times` knows only the shell that it is called in, so
# this must not run in a substitution or a pipe.
read_cpu() {
    times >"$scratch/times"
    cpu=$(tail -n 1 "$scratch/times" | tr 'ms' '  ' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }')
}

# have TOOL WHAT: whether `cargo TOOL` is there; if not, notes that WHAT is skipped.
have() {
    cargo "$1" --version >/dev/null 2>&1 && return
    printf '\nskipped: %s\n' "$2: no cargo $1"
    skipped+=("$2: no cargo $1")
    return 1
}

# run_tests ARGS...: tests by nextest where it is there. What says that it was skipped is listed in the summary.
run_tests() {
    local runner=(cargo test) line
    if have nextest "tests side by side"; then runner=(cargo nextest run --status-level slow); fi
    "${runner[@]}" "$@" 2>&1 | tee "$scratch/tests.txt"
    while read -r line; do skipped+=("$line"); done < <(sed -n 's/^ *skipped: //p' "$scratch/tests.txt" | sort -u)
}

# some_tests ARGS...: `cargo test` with a filter, which fails if nothing matches: that would prove nothing.
some_tests() {
    local output
    output=$(mktemp -p "$scratch")
    cargo test "$@" 2>&1 | tee "$output"
    grep -q '^test result: ok\. [1-9]' "$output"
}

# A base of seeds that belongs to this commit: a multiple of 1,000 below 900,000.
commit_seed_base() {
    local hash
    hash=$(git rev-parse HEAD 2>/dev/null || echo 0)
    echo $((16#${hash:0:7} % 900 * 1000))
}

finish() {
    local code=$?
    read_cpu
    printf '\n== summary\n'
    if ((${#summary[@]})); then printf '%s\n' "${summary[@]}"; fi
    row $SECONDS "$cpu" "in all"
    printf '\n'
    if ((${#skipped[@]})); then printf 'skipped: %s\n' "${skipped[@]}" | awk '!seen[$0]++'; fi
    if ((code)); then printf 'FAILED: %s\n' "${current:-$0}"; fi
    rm -rf "$scratch"
    exit $code
}
trap finish EXIT
