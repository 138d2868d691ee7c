#!/usr/bin/env python3
"""Pack a folder of photographs into one file that cptsim reads in place (format: sim/data/dataset_packed.c).

    python3 sim/data/pack_imagenet.py ILSVRC2012/train data/imagenet/train.images
    python3 sim/data/pack_imagenet.py ILSVRC2012/val   data/imagenet/val.images

The folder has one folder for each of the 1000 classes, with the class' images in it; classes are numbered in the
order of their names, images follow in the order of theirs. The shorter side is resized to 256 pixels and the
centre 256 x 256 cut out, as the published test does. Needs Pillow. 252 GB for training, 10 GB for validation.
"""
import hashlib
import os
import struct
import sys

from PIL import Image

SIDE, CHANNELS, CLASSES = 256, 3, 1000


def images_of(folder):
    """[(path, label)], classes and images by name."""
    classes = sorted(e.name for e in os.scandir(folder) if e.is_dir())
    if len(classes) != CLASSES:
        sys.exit(f"{folder}: {len(classes)} folders, but there must be one for each of {CLASSES} classes")
    return [(os.path.join(folder, name, file), label) for label, name in enumerate(classes)
            for file in sorted(os.listdir(os.path.join(folder, name)))]


def pixels_of(path):
    """The centre of the resized image, [256][256][3] bytes."""
    with Image.open(path) as image:
        image = image.convert("RGB")
    scale = SIDE / min(image.size)
    w, h = (max(SIDE, int(side * scale)) for side in image.size)
    left, top = round((w - SIDE) / 2), round((h - SIDE) / 2)
    return image.resize((w, h), Image.BILINEAR).crop((left, top, left + SIDE, top + SIDE)).tobytes()


def header(count, digest):
    return struct.pack("<8sIHHHH12x32s", b"images1\n", count, SIDE, SIDE, CHANNELS, CLASSES, digest)


def pack(folder, target):
    images, sha = images_of(folder), hashlib.sha256()
    with open(target + ".part", "wb") as out:
        out.write(header(len(images), bytes(32)))
        out.write(struct.pack(f"<{len(images)}H", *(label for _, label in images)))
        for i, (path, _) in enumerate(images):
            pixels = pixels_of(path)
            sha.update(pixels)
            out.write(pixels)
            if i % 1000 == 0:
                print(f"{i} of {len(images)}", file=sys.stderr)
        out.seek(0)
        out.write(header(len(images), sha.digest()))
    os.rename(target + ".part", target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pack(sys.argv[1], sys.argv[2])
