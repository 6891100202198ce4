# Sourced by run: the template is copied, built as a crate of its own, tested, run, and asked for a decision.

# With the profiles and the lock file of the workspace, so that all dependencies are built already.
template() {
    local copy built
    mkdir -p "$target/template"
    built=$(cd "$target" && pwd)
    copy=$built/template/rota
    rm -rf "$copy"
    cp -r examples/template "$copy"
    cp Cargo.lock "$copy/"
    sed -i -e "s|../../cli|$PWD/cli|" -e '/^\[profile/,/^$/d' "$copy/Cargo.toml"
    sed -n '/^\[profile.dev\]/,$p' Cargo.toml | grep -v '^syncbench-examples' >>"$copy/Cargo.toml"
    (
        export CARGO_TARGET_DIR=$built
        cd "$copy"
        cargo test --offline --quiet
        cargo run --offline --quiet -- list rota | grep 'take shifts that nobody has'
        cargo run --offline --quiet -- run rota.toml --seeds 1 --ops 60 --out "$scratch/rota" | tail -n 20
        test -s "$scratch/rota/charts/own-echo.svg"
        grep -q '"name": "rota"' "$scratch/rota/run.json"
        cargo run --offline --quiet -- choose --answers answers.toml --depth 0 --out "$scratch/decision"
        grep -q '`rota choose --answers FILE`' "$scratch/decision/answers.toml"
        grep -q '^rota choose --answers answers.toml' "$scratch/decision/decision.md"
        ! grep -q 'syncbench run' "$scratch/decision/decision.md"
    )
}
