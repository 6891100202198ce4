# Sourced by run and nightly: coverage-guided fuzzing of every decoder, where a C++ compiler builds libFuzzer.

# fuzz WHAT SECONDS ARGS...: all targets, each for so long (0: no limit), with further arguments of libFuzzer.
fuzz() {
    local what=$1
    shift
    if ! command -v "${CXX:-c++}" >/dev/null; then
        printf '\nskipped: %s\n' "fuzzing: no C++ compiler ${CXX:-c++}"
        skipped+=("fuzzing: no C++ compiler ${CXX:-c++}")
        return
    fi
    step "fuzzing: $what" fuzz/run all "$@"
}
