# Sourced by run and nightly: coverage-guided fuzzing of every decoder, where a C++ compiler builds libFuzzer.

# fuzz SECONDS: all targets, for so long together.
fuzz() {
    local targets=(fuzz/fuzz_targets/*.rs)
    if ! command -v "${CXX:-c++}" >/dev/null; then
        skipped+=("fuzzing: no C++ compiler ${CXX:-c++}")
        return
    fi
    step "fuzzing ${#targets[@]} decoders for $1 s" fuzz/run all $((($1 + ${#targets[@]} - 1) / ${#targets[@]}))
}
