# plots/cost_break_even.gp - the energy saving over one knob, what it should be, and where it is.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("cost_break_even.gp")]
load folder."page.gp"

curve = data."/cost_break_even.dat"
roots = data."/cost_break_even.roots.dat"
stats data."/cost_break_even.axes.dat" using (x_title = strcol("x"), target_title = strcol("y"), 0) nooutput

# --- extent ----------------------------------------------------------------------------------------------------

stats curve using "value":"saving" nooutput
least_x = STATS_min_x
most_x = STATS_max_x
least_y = STATS_min_y
most_y = STATS_max_y
stats curve using "target" nooutput
target = STATS_max
least_y = target < least_y ? target : least_y
most_y = target > most_y ? target : most_y
margin = most_y > least_y ? 0.08 * (most_y - least_y) : 1
crossings = 0
stats roots using (crossings = crossings + 1, 0) nooutput

# --- page ------------------------------------------------------------------------------------------------------

eval page(380)
set output out
set lmargin at screen 0.085
set rmargin at screen 0.96
set tmargin at screen 0.97
set bmargin at screen 0.135
if (least_x > 0 && most_x > 10 * least_x) { set logscale x }
set xrange [least_x:most_x]
set yrange [least_y - margin:most_y + margin]
set format "%g"
unset key
eval titled(x_title, "saving (%)")
set label 1 sprintf("%s: %.4g %%", target_title, target) at graph 0.985, first target right \
    offset 0, (target > 0.5 * (least_y + most_y) ? 0.7 : -0.7) textcolor rgb colour[3]
if (crossings == 0) {
    set label 2 "no break-even in this range" at graph 0.5, graph 0.5 center textcolor rgb colour[1]
}

plot curve using "value":"target" with lines linetype 15 linecolor rgb colour[3] linewidth 1.2, \
    curve using "value":"saving" with lines linetype 13 linecolor rgb colour[2] linewidth 1.8, \
    curve using "value":"saving" with points linecolor rgb colour[2] pointtype 7 pointsize 0.3, \
    crossings > 0 ? roots : "/dev/null" using "value":"saving" with points linecolor rgb colour[4] pointtype 7 \
    pointsize 0.9, \
    crossings > 0 ? roots : "/dev/null" using "value":"saving":(sprintf("%.5g", column("value"))) \
    with labels right offset -0.8, 0.9 textcolor rgb colour[4]
