#!/bin/sh
# tests/fuzz/keep.sh FOLDER TARGET BYTES - the fewest inputs that cover what those of tests/fuzz/corpus/TARGET and of
# FOLDER/found/TARGET do become tests/fuzz/corpus/TARGET: those that cover most first, as many as fit.
set -eu
folder=$1
target=$2
most=$3
kept=$folder/kept/$target
corpus=tests/fuzz/corpus/$target
rm -rf "$kept"
mkdir -p "$kept" "$folder/found/$target"
export ASAN_OPTIONS=allocator_may_return_null=1 LSAN_OPTIONS="suppressions=$folder/lsan" OMP_NUM_THREADS=1
"$folder/$target" -set_cover_merge=1 -detect_leaks=0 "$kept" "$corpus" "$folder/found/$target" >"$kept.log" 2>&1 || {
    tail -n 20 "$kept.log"
    exit 1
} >&2
rm -rf "$corpus"
mkdir -p "$corpus"
# In the order in which the merge wrote them; names are hashes.
ls -tr "$kept" | while read -r input; do
    size=$(wc -c <"$kept/$input")
    most=$((most - size))
    [ "$most" -ge 0 ] || break
    cp "$kept/$input" "$corpus"
done
echo "$target: $(ls "$corpus" | wc -l) of $(ls "$kept" | wc -l) inputs kept"
