# plots/style.gp - what the figures of records share: the arms to draw, their colours. page.gp is loaded here.

load folder."page.gp"

# --- arms ------------------------------------------------------------------------------------------------------

FLOAT32 = 0
STATIC = 1
CYCLIC = 2

list = data."/arms.dat"
most = 64
array file[most]
array name[most]
array kind[most]
array precision[most]
array split[most]
array accuracy[most]
array bitops[most]
array saving[most]
arms = 0
read(dummy) = (arms = arms + 1, file[arms] = strcol("file"), name[arms] = strcol("name"), \
    kind[arms] = column("kind"), precision[arms] = strcol("precision"), split[arms] = strcol("split"), \
    accuracy[arms] = column("acc"), bitops[arms] = column("bitops"), saving[arms] = column("saving"), arms)
stats list using (read(0)) nooutput

train(i) = data."/".file[i].".train.dat"
scores(i) = data."/".file[i].".eval.dat"
label(i) = kind[i] == FLOAT32 ? name[i] : name[i]." (".precision[i].")"

# --- styles ----------------------------------------------------------------------------------------------------

# float32 has the first style for itself, however many arms there are of it.
quantized = 0
array style[most]
do for [i=1:arms] {
    if (kind[i] == FLOAT32) {
        style[i] = 1
    } else {
        style[i] = 2 + quantized % 7
        quantized = quantized + 1
    }
}
ink(i) = colour[style[i]]
faint(i) = "#b8".substr(ink(i), 2, 7)
dash(i) = 10 + style[i]
mark(i) = marks[style[i]]
