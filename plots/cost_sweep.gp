# plots/cost_sweep.gp - the points of a sweep in two of its numbers; those on the Pareto front stand out.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("cost_sweep.gp")]
load folder."page.gp"

points = data."/cost_sweep.dat"
stats data."/cost_sweep.axes.dat" using (x_title = strcol("x"), y_title = strcol("y"), 0) nooutput

# --- extent ----------------------------------------------------------------------------------------------------

stats points using "x":"y" nooutput
least_x = STATS_min_x
most_x = STATS_max_x
least_y = STATS_min_y
most_y = STATS_max_y
best = 0
stats points using (best = best + column("pareto"), 0) nooutput

# Numbers over more than a decade are compared by factors.
is_wide(least, most) = least > 0 && most > 10 * least
margin(least, most) = most > least ? 0.06 * (most - least) : most != 0 ? 0.1 * abs(most) : 1

# A front of a few points is numbered, and their names stand above the page's axes, one a line.
listed = best <= 12 ? best : 0

# --- page ------------------------------------------------------------------------------------------------------

height = 400 + 17 * listed
eval page(height)
set output out
set lmargin at screen 0.105
set rmargin at screen 0.955
set tmargin at screen 1 - (30.0 + 17 * listed) / height
set bmargin at screen 52.0 / height
if (is_wide(least_x, most_x)) {
    set logscale x
    set xrange [least_x / 1.3:most_x * 1.3]
} else {
    set xrange [least_x - margin(least_x, most_x):most_x + margin(least_x, most_x)]
}
if (is_wide(least_y, most_y)) {
    set logscale y
    set yrange [least_y / 1.3:most_y * 1.3]
} else {
    set yrange [least_y - margin(least_y, most_y):most_y + margin(least_y, most_y)]
}
set format "%g"
set key at screen 0.955, screen 1 - 3.0 / height right top horizontal Left reverse samplen 2
eval titled(x_title, y_title)

array name[13]
array place_x[13]
array place_y[13]
found = 0
note(dummy) = column("pareto") == 1 ? (found = found + 1, name[found] = strcol("name"), \
    place_x[found] = column("x"), place_y[found] = column("y"), 0) : 0
if (listed > 0) {
    stats points using (note(0)) nooutput
    do for [i=1:found] {
        set label i sprintf("%d  %s", i, name[i]) at screen 0.105, screen 1 - (14.0 + 17 * i) / height left \
            noenhanced textcolor rgb colour[2]
        set label 20 + i sprintf("%d", i) at place_x[i], place_y[i] left offset 0.6, 0.5 textcolor rgb colour[2]
    }
}

plot points using "x":"y" with points linecolor rgb colour[1] pointtype 7 pointsize 0.35 title "others", \
    points using "x":(column("pareto") == 1 ? column("y") : NaN) with points linecolor rgb colour[2] \
    pointtype 7 pointsize 0.7 title "on the front"
