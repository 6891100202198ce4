#!/usr/bin/env bash
# Pictures of a report: .ci/screenshots.sh RESULTS [OUT], where RESULTS is the folder of a run with its report.html. The page at
# three sizes, and the first screen of a terminal with 80 and with 120 columns, by the release build or by $SYNCBENCH. Needs
# Chromium; a printed page becomes a picture where pdftoppm is there too. Somebody looks at them before they are committed.
set -euo pipefail

results=$(realpath "$1")
page=$results/report.html
program=${SYNCBENCH:-$(dirname "$0")/../target/release/syncbench}
out=${2:-$1/screens}
mkdir -p "$out"
out=$(realpath "$out")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

browser=${SYNCBENCH_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}

chromium() {
    "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" "$@" 2>/dev/null
}

# A window is never narrower than 500 pixels, so a narrow one is a frame in a wider one.
narrow() {
    printf '<!DOCTYPE html><body style="margin:0"><iframe src="file://%s" style="border:0;width:390px;height:844px"></iframe>' \
        "$page" >"$profile/narrow.html"
    chromium --screenshot="$out/page-390.png" --window-size=390,844 "file://$profile/narrow.html"
}

chromium --screenshot="$out/page-1280.png" --window-size=1280,900 "file://$page"
chromium --screenshot="$out/page-1280-dark.png" --window-size=1280,900 --blink-settings=preferredColorScheme=0 "file://$page"
narrow
chromium --no-pdf-header-footer --print-to-pdf="$profile/page.pdf" "file://$page"
if command -v pdftoppm >/dev/null; then
    pdftoppm -r 60 -f 1 -l 1 -png -singlefile "$profile/page.pdf" "$out/page-print"
else
    echo "skipped: page-print.png: no pdftoppm" >&2
fi

# terminal COLUMNS WIDTH HEIGHT: what `report` prints, in a window as large as the terminal.
terminal() {
    {
        printf '<!DOCTYPE html><meta charset="utf-8"><body style="margin:12px;background:#fff;color:#1f2933">'
        printf '<pre style="font:14px/18px monospace;margin:0">$ syncbench run\n'
        COLUMNS=$1 "$program" report "$results" --out "$profile/drawn" | sed "s|$profile/drawn/|bench-results/reference/|" |
            sed 's/&/\&amp;/g; s/</\&lt;/g'
        printf '</pre>'
    } >"$profile/terminal.html"
    chromium --screenshot="$out/terminal-$1.png" --window-size="$2,$3" "file://$profile/terminal.html"
}
terminal 80 720 480
terminal 120 1060 480
ls -l "$out"
