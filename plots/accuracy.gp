# plots/accuracy.gp - accuracy at the final bits over the bit operations spent so far, one curve an arm.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("accuracy.gp")]
load folder."style.gp"

gbitops(x) = 1e-9 * x
measured(i) = accuracy[i] == accuracy[i]

# --- extent ----------------------------------------------------------------------------------------------------

best = 0
worst = 1
least_cost = 1e300
most_cost = 0
do for [i=1:arms] {
    if (measured(i)) {
        stats scores(i) using "bitops":"acc" nooutput
        best = STATS_max_y > best ? STATS_max_y : best
        least_cost = STATS_max_x < least_cost ? STATS_max_x : least_cost
        most_cost = STATS_max_x > most_cost ? STATS_max_x : most_cost
        worst = accuracy[i] < worst ? accuracy[i] : worst
        shown = split[i]
    }
}

# Early evaluations are near chance: what is 25 points below the best is left out unless a curve ends there, and so are
# the cheapest ones. Above the curves there is a line of text for each arm; more than six have a key instead.
lines = arms <= 6 ? arms : 0
lost = 110 * (best - worst)
span = best <= 0.01 ? 1.0 : best <= 0.3 ? 100 * best : lost > 25 ? lost : 25.0
row = 0.075 * span
lowest = best <= 0.3 ? 0 : 100 * best - span
highest = 100 * best + (lines + 0.6) * row
cheapest = gbitops(least_cost) / 12
dearest = gbitops(most_cost) * 1.6

# --- page ------------------------------------------------------------------------------------------------------

eval page(400)
set output out
set lmargin at screen 0.085
set rmargin at screen 0.985
set tmargin at screen 0.975
set bmargin at screen 0.125
set logscale x
set xrange [cheapest:dearest]
set yrange [lowest:highest]
set ytics 0, 5, 100
set format x "10^{%T}"
eval titled("bit operations spent in training (GBitOPs)", shown." accuracy at the final bits (%)")

# --- the ends of the curves, named -----------------------------------------------------------------------------

# An arm's text stands on the line of its number, the cheapest at the top, beside a thin line up from its last point:
# to the right of it, or where the page ends to the left.
ended(i) = gbitops(bitops[i])
is_right(i) = log(ended(i) / cheapest) > 0.55 * log(dearest / cheapest)
height(i) = 100 * best + (i - 0.1) * row
saved(i) = saving[i] == saving[i] && saving[i] != 0 ? \
    sprintf(", %.1f %% %s bit operations", abs(100 * saving[i]), saving[i] > 0 ? "fewer" : "more") : ""
ending(i) = sprintf("%s: %.2f %%%s", label(i), 100 * accuracy[i], saved(i))

if (lines > 0) {
    unset key
    do for [i=1:arms] {
        if (measured(i)) {
            set arrow from ended(i), 100 * accuracy[i] to ended(i), height(i) + 0.4 * row nohead \
                linecolor rgb ink(i) linewidth 0.6
            if (is_right(i)) {
                set label i ending(i) at ended(i), height(i) right offset -0.7 noenhanced textcolor rgb ink(i)
            } else {
                set label i ending(i) at ended(i), height(i) left offset 0.7 noenhanced textcolor rgb ink(i)
            }
        }
    }
} else {
    set key bottom right Left reverse samplen 4
}

plot for [i=1:arms] measured(i) ? scores(i) : "/dev/null" using (gbitops(column("bitops"))):(100 * column("acc")) \
    with linespoints linetype dash(i) linecolor rgb ink(i) linewidth 1.8 pointtype 7 pointsize 0.3 title label(i), \
    for [i=1:arms] list using (gbitops(column("bitops"))):($0 + 1 == i ? 100 * column("acc") : NaN) with points \
    linecolor rgb ink(i) pointtype mark(i) pointsize 1 notitle
