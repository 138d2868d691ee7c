# packaging/spack/package.py - a recipe for Spack: copy it to a repository's packages/cptsim, and in a checkout say
# `spack dev-build cptsim@main`.

from spack.package import *


class Cptsim(MakefilePackage):
    """Train neural networks with cyclic precision, in arithmetic that is exact to the bit, and price every step."""

    license("GPL-3.0-or-later")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("gmake@4:", type="build")
    depends_on("help2man", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("random123", type="build")
    depends_on("gsl")
    depends_on("hdf5@1.10: +hl")
    depends_on("libyaml")
    depends_on("nettle")
    depends_on("zlib-api")
    depends_on("gnuplot", type="run")

    requires("target=x86_64_v2:", msg="kernels need SSE 4.2; AVX2 and AVX-512 are chosen at run time")

    def build(self, spec, prefix):
        make("cptsim")

    def install(self, spec, prefix):
        make("install", f"PREFIX={prefix}")
