#!/bin/sh
# tests/fuzz/run.sh FOLDER SECONDS TARGET... - fuzz targets of FOLDER one after another, so many seconds each, or with
# $JOBS so many processes of each at once. A crash, a leak, undefined behaviour or an input that takes longer than
# $HANG seconds ends it with the input's path. What finds new ways stays in FOLDER/found/TARGET.
set -eu
folder=$1
seconds=$2
shift 2
export ASAN_OPTIONS="${ASAN_OPTIONS:-allocator_may_return_null=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$folder/lsan:print_suppressions=0}" OMP_NUM_THREADS=1

for target in "$@"; do
    found=$folder/found/$target
    mkdir -p "$found" "$folder/crashes"
    read -r longest options <<ROW
$(sed -n "s/^$target  *//p" "$folder/targets")
ROW
    words=
    [ ! -f "$folder/dictionary/$target" ] || words=-dict=$folder/dictionary/$target
    # shellcheck disable=SC2086 # options are words
    "$folder/$target" $options $words -max_len="$longest" -max_total_time="$seconds" -timeout="${HANG:-2}" \
        -rss_limit_mb=2048 -artifact_prefix="$folder/crashes/$target-" -print_final_stats=1 -verbosity=0 ${JOBS:+-fork="$JOBS"} \
        "$found" "$folder/corpus/$target" >"$found.log" 2>&1 || {
        tail -n 60 "$found.log"
        echo "fuzz: $target: see $found.log and $folder/crashes"
        exit 1
    } >&2
    # One process says how many inputs it ran at its end, several say so all the time.
    echo "$target $(sed -n 's/^stat::number_of_executed_units: *//p; s/^#\([0-9]*\): cov.*/\1/p' "$found.log" | tail -n 1)"
done
