/* quant/formats/format_list.h - the families and the named formats: every name, its grammar, meaning and
 * source, once. */
#ifndef QUANT_FORMATS_FORMAT_LIST_H
#define QUANT_FORMATS_FORMAT_LIST_H

/*    enum    struct   name   grammar   meaning   source
 * In the order of enum family. */
#define FAMILY_LIST(X)                                                                                       \
    X(FIXED, fixed, "fx", "fx:<s|u|m><wl>.<iwl>[:<rounding>[:<overflow>[:nan]]]",                            \
      "fixed point: wl bits, iwl of them before the point; signed, unsigned, sign-magnitude",                \
      "IEEE 1666-2011; APyTypes")                                                                            \
    X(FLOAT, float, "fp", "fp:<name|eXmY[bZ]flavour>[:<rounding>[:<inf|sat>[:<sub|ftz|min>]]]",              \
      "floats: X exponent bits, Y mantissa bits, bias Z; flavour ieee, fn, finite, fnuz or e8m0",            \
      "IEEE 754-2019; OCP FP8")                                                                              \
    X(BFP, bfp, "bfp", "bfp:<wl>[e<bits>]:<n|all>[:<floor|carry>[:<rounding>[:<sat_sym|sat>]]]",             \
      "block floating point: n elements of wl bits share an exponent", "Wilkinson 1963; HBFP, NeurIPS 2018") \
    X(MX, mx, "mx", "mx:<element>[:<n|all>[:<floor|ceil|rne|midmax>[:<rounding>[:<nan|ignore>]]]]",          \
      "microscaling: n small floats share a power of two (E8M0)", "OCP Microscaling Formats 1.0")            \
    X(NVFP4, nvfp4, "nvfp4", "nvfp4[:<n|all>[:<rounding>]]",                                                 \
      "E2M1 elements, an E4M3 scale for n, a float32 scale for the array", "NVIDIA, 2025")                   \
    X(AFFINE, affine, "affine", "affine:<bits>[:<ieee|rcp>[:<rne|sr16>]]",                                   \
      "unsigned codes over the smallest to the largest element of the array", "Fu et al., CPT, ICLR 2021")   \
    X(INT, int, "int", "int:<s|u><bits>:<scale>[:<zero>[:<rounding>[:<full|narrow>]]]",                      \
      "integers under a given scale and zero point", "Jacob et al., CVPR 2018")                              \
    X(POT, pot, "pot", "pot:<s|u>:<emin>:<emax>[:<linear|log>[:<zero|min>]]",                                \
      "powers of two 2^emin .. 2^emax and zero", "Miyashita et al., 2016")                                   \
    X(TABLE, table, "table", "table:<name>[:<even|up|zero>]", "the nearest of a list of values",             \
      "see the row of the list")                                                                             \
    X(POSIT, posit, "posit", "posit:<n>.<es>", "posits of 2..16 bits: nearest, ties to even codes",          \
      "Gustafson and Yonemoto, 2017; Posit Standard 2022")

/*    name   exponent   mantissa   bias   flavour   meaning   source
 * The first name of a format is the one that is printed. */
#define FLOAT_PRESET_LIST(X)                                                                                 \
    X("e4m3fn", 4, 3, 7, FN, "FP8 for weights and activations, largest 448", "OCP FP8")                      \
    X("e4m3", 4, 3, 7, FN, "the same as e4m3fn", "OCP FP8")                                                  \
    X("e5m2", 5, 2, 15, IEEE, "FP8 for gradients, largest 57344", "OCP FP8")                                 \
    X("e4m3ieee", 4, 3, 7, IEEE, "1-4-3 with infinity, largest 240", "IEEE 754 rules")                       \
    X("e4m3fnuz", 4, 3, 8, FNUZ, "FP8 with one zero, largest 240", "Graphcore, AMD, Qualcomm 2022")          \
    X("e5m2fnuz", 5, 2, 16, FNUZ, "FP8 with one zero, largest 57344", "Graphcore, AMD, Qualcomm 2022")       \
    X("e3m2", 3, 2, 3, FINITE, "FP6, largest 28", "OCP MX 1.0")                                              \
    X("e2m3", 2, 3, 1, FINITE, "FP6, largest 7.5", "OCP MX 1.0")                                             \
    X("e2m1", 2, 1, 1, FINITE, "FP4, largest 6", "OCP MX 1.0")                                               \
    X("e8m0", 8, 0, 127, E8M0, "scales of MX: 2^-127 .. 2^127 and NaN", "OCP MX 1.0")                        \
    X("e5m3", 5, 3, 15, IEEE, "1-5-3", "IEEE 754 rules")                                                     \
    X("hfp8f", 4, 3, 4, IEEE, "hybrid FP8, forward: 1-4-3 with bias 4", "Sun et al., NeurIPS 2019")          \
    X("hfp8b", 5, 2, 15, IEEE, "hybrid FP8, backward: the same as e5m2", "Sun et al., NeurIPS 2019")         \
    X("bf16", 8, 7, 127, IEEE, "bfloat16", "Google")                                                         \
    X("fp16", 5, 10, 15, IEEE, "binary16", "IEEE 754-2019")                                                  \
    X("tf32", 8, 10, 127, IEEE, "TensorFloat-32", "NVIDIA")                                                  \
    X("fp24", 7, 16, 63, IEEE, "1-7-16", "AMD R300")                                                         \
    X("fp32", 8, 23, 127, IEEE, "binary32", "IEEE 754-2019")                                                 \
    X("fp64", 11, 52, 1023, IEEE, "binary64", "IEEE 754-2019")

/*    name   values in table.c   meaning   source */
#define TABLE_LIST(X)                                                                                        \
    X("nf4", nf4, "16 quantiles of a normal distribution scaled to -1..1", "Dettmers et al., QLoRA, 2023")   \
    X("ternary", ternary, "-1, 0, 1", "Li and Liu, 2016")                                                    \
    X("binary", binary, "-1, 1", "Courbariaux et al., 2015")                                                 \
    X("apot4", apot4, "a + b, a in {0, 1, 1/4, 1/16}, b in {0, 1/2, 1/8, 1/32}", "Li et al., ICLR 2020")     \
    X("apot5", apot5, "apot4 with a sign", "Li et al., ICLR 2020")

#endif
