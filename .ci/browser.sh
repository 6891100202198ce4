# Sourced by run: what the tests of the page need. A test without it says so.

# Chromium from the distribution; axe-core from npm, into the scratch folder.
browser() {
    provided chromium chromium || provided chromium-browser chromium-browser || true
    provided npm npm || true
    if npm install --silent --no-audit --no-fund --prefix "$scratch/axe" axe-core >"$scratch/npm.txt" 2>&1; then
        export SYNCBENCH_AXE=$scratch/axe/node_modules/axe-core/axe.min.js
    else
        tail -n 3 "$scratch/npm.txt"
        skipped+=("accessibility of the page: no axe-core by npm")
    fi
}
