# plots/cost_monte_carlo.gp - energy over the constants' ranges: a histogram of the draws, and their distribution.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("cost_monte_carlo.gp")]
load folder."page.gp"

draws = data."/cost_monte_carlo.dat"
list = data."/cost_monte_carlo.cases.dat"
array name[2]
array nominal[2]
cases = 0
stats list using (cases = cases + 1, name[cases] = strcol("name"), nominal[cases] = column("nominal"), 0) nooutput

# --- extent ----------------------------------------------------------------------------------------------------

of(case, value) = column("case") + 1 == case ? value : NaN
stats draws using "energy_j" nooutput
least = STATS_min
most = STATS_max > STATS_min ? STATS_max : STATS_min * 1.01
samples = STATS_records / cases

# Bins of equal factors, since ranges are factors: about the square root of the samples, twenty to fifty.
wish = sqrt(samples)
bins = wish < 20 ? 20 : wish > 50 ? 50 : wish
bin = log(most / least) / bins
place(value) = least * exp(bin * (floor(log(value / least) / bin) + 0.5))

# --- page ------------------------------------------------------------------------------------------------------

eval page(460)
set output out
set multiplot
set lmargin at screen 0.085
set rmargin at screen 0.975
set logscale x
set xrange [least:most]
set style fill solid 0.35 noborder
set boxwidth
unset key

do for [i=1:cases] {
    set arrow i from first nominal[i], graph 0 to first nominal[i], graph 1 nohead linetype 15 \
        linecolor rgb colour[1 + i] linewidth 0.9
    set label i name[i] at screen 0.10 + 0.45 * (i - 1), screen 0.97 left noenhanced textcolor rgb colour[1 + i]
}

set tmargin at screen 0.94
set bmargin at screen 0.53
set format x ""
eval titled("", "draws in a bin (%)")
set yrange [0:*]
plot for [i=1:cases] draws using (place(column("energy_j"))):(of(i, 100.0 / samples)) smooth frequency \
    with histeps linetype 13 linecolor rgb colour[1 + i] linewidth 1.5

do for [i=1:cases] { unset label i }
set tmargin at screen 0.49
set bmargin at screen 0.115
set format x ""
do for [e=int(floor(log10(least))):int(ceil(log10(most)))] {
    do for [m in "1 2 3 5 7"] {
        set xtics add (gprintf("%.0s %c", m * 10.0**e) m * 10.0**e)
    }
}
eval titled("energy (J); thin lines: nominal constants", "draws with at most this (%)")
set yrange [0:100]
plot for [i=1:cases] draws using "energy_j":(of(i, 100 * column("share"))) with lines linetype 13 \
    linecolor rgb colour[1 + i] linewidth 1.8
unset multiplot
