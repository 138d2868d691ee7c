# plots/schedule.gp - forward bits, learning rate and training loss over iterations, one above the other.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("schedule.gp")]
load folder."style.gp"

# --- extent ----------------------------------------------------------------------------------------------------

iterations = 0
most_bits = 0
least_loss = 1e300
most_loss = 0
least_rate = 1e300
most_rate = 0
do for [i=1:arms] {
    stats train(i) using "iter":"bits_fw" nooutput
    iterations = STATS_max_x + 1 > iterations ? STATS_max_x + 1 : iterations
    most_bits = STATS_max_y > most_bits ? STATS_max_y : most_bits
    stats train(i) using "loss":"lr" nooutput
    least_loss = STATS_min_x < least_loss ? STATS_min_x : least_loss
    most_loss = STATS_max_x > most_loss ? STATS_max_x : most_loss
    least_rate = STATS_min_y < least_rate ? STATS_min_y : least_rate
    most_rate = STATS_max_y > most_rate ? STATS_max_y : most_rate
}

# Thousands of iterations are drawn by every n-th; the strong line through the loss is the mean of `window` of them.
step = iterations > 4000 ? int(iterations / 2000) : 1
window = iterations > 120 ? int(iterations / 60) : 1
middle(iter) = window * (floor(iter / window) + 0.5)

# float32 does not fit the scale of bits: it has a place of its own above it.
float32_place = most_bits + (most_bits > 0 ? 2 : 0)
place(bits) = bits == 0 ? float32_place : bits

# --- page ------------------------------------------------------------------------------------------------------

eval page(500)
set output out
set multiplot
set xrange [0:iterations]
set lmargin at screen 0.095
set rmargin at screen 0.985
set format x ""
unset key

# Equal lines of several arms lie on each other: the first is drawn widest, so that all show.
stripe(i) = 1.5 + 1.5 * (arms - i > 3 ? 3 : arms - i)

# --- bits ------------------------------------------------------------------------------------------------------

# The key: three arms a line; the panel makes room for more lines.
lines = int((arms + 2) / 3)
line_at(i) = 1.005 - 0.035 * (int((i - 1) / 3) + 1)
column_at(i) = 0.14 + 0.29 * ((i - 1) % 3)
do for [i=1:arms] {
    set arrow i from screen column_at(i), screen line_at(i) to screen column_at(i) + 0.06, screen line_at(i) nohead \
        linetype dash(i) linecolor rgb ink(i) linewidth 1.8
    set label i label(i) at screen column_at(i) + 0.07, screen line_at(i) left noenhanced
}

set tmargin at screen 0.96 - 0.035 * (lines < 6 ? lines : 6)
set bmargin at screen 0.68
eval titled("", "forward bits")
set yrange [most_bits > 0 ? 1.5 : -1 : float32_place + 0.6]
if (most_bits > 0) {
    set ytics 2, 1, most_bits + 0.5
    if (kind[1] == FLOAT32) {
        set ytics add ("32" float32_place)
        set label 103 "⋮" at first 0, first float32_place - 1 right offset character -1, 0
    }
} else {
    set ytics ("32" float32_place)
}
plot for [i=1:arms] train(i) every step using "iter":(place(column("bits_fw"))) with lines linetype dash(i) \
    linecolor rgb ink(i) linewidth 1.8
unset arrow
unset label

# --- learning rate ---------------------------------------------------------------------------------------------

set tmargin at screen 0.645
set bmargin at screen 0.51
eval titled("", "learning rate")
set logscale y
set yrange [least_rate / 2:2 * most_rate]
set ytics auto 10
unset mytics
set format y "%g"
plot for [i=1:arms] train(i) every step using "iter":"lr" with lines linetype 13 \
    linecolor rgb ink(i) linewidth stripe(i)

# --- loss ------------------------------------------------------------------------------------------------------

set tmargin at screen 0.475
set bmargin at screen 0.095
eval titled("iteration", "training loss")
set format x "%g"
set yrange [0.9 * least_loss:1.1 * most_loss]
set ytics (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
drawn = step > 1 ? sprintf("each %d-th batch", step) : "each batch"
set label 103 sprintf("thin: %s; strong: means of %d", drawn, window) at graph 0.99, 0.95 right textcolor "#505050"
plot for [i=1:arms] train(i) every step using "iter":"loss" with lines linetype 13 \
    linecolor rgb faint(i) linewidth 0.6, \
    for [i=1:arms] train(i) using (middle(column("iter"))):"loss" smooth unique with lines linetype dash(i) \
    linecolor rgb ink(i) linewidth 1.8
unset multiplot
