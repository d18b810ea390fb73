"""The formats of pictures that are taken everywhere, and names for files that are refused."""

import re

# Pillow's name of a format: the endings of its files.
PICTURES = {
    "PNG": ("png",),
    "JPEG": ("jpg", "jpeg"),
    "WEBP": ("webp",),
    "BMP": ("bmp",),
    "GIF": ("gif",),
    "TIFF": ("tif", "tiff"),
    "AVIF": ("avif",),
    "HEIF": ("heic", "heif"),
}
PICTURE_NAMES = "PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or HEIC"
SYSTEM_FILES = ("thumbs.db", "desktop.ini", "__macosx")
PICTURE_ENDINGS = tuple(ending for endings in PICTURES.values() for ending in endings)
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (rb"\Z", "an empty file"),
    (
        rb"version https://git-lfs",
        "a Git LFS pointer, which stands for a file that was not fetched",
    ),
    (rb"\s*<(!doctype html|html)", "an HTML page, perhaps an error of the server it came from"),
    (rb"(\s|<\?xml[^>]*>|<!--.*?-->)*<svg", "an SVG drawing"),
    (rb"%PDF", "a PDF"),
    (rb"PK\x03\x04.{0,200}/data\.pkl", "a file of torch.save (.pt, .pth), which is a pickle"),
    (rb"PK\x03\x04.{0,200}(metadata|config)\.json", "a Keras file"),
    (rb"PK\x03\x04.{0,400}(\[Content_Types\]|word/)", "a document of Office"),
    (rb"PK\x03\x04.{0,200}\.npy", "an npz file"),
    (rb"PK(\x03\x04|\x05\x06)", "a ZIP"),
    (rb"\x80[\x02-\x05]", "a pickle"),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5)"),
    (rb"\x93NUMPY", "an npy file"),
    (rb"GGUF", "a GGUF file"),
    (rb"\x08[\x03-\x0f]\x12", "an ONNX file"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|RIFF.{4}WEBP", "a picture"),
    (rb".{4}ftyp(heic|heix|mif1|msf1|avif)", "a picture"),
    (rb".{4}ftyp", "a video"),
)
READ = 2048  # bytes from the beginning of a file that say what it is


def is_picture(name: str) -> bool:
    """Whether a file's name ends as that of a picture, in any case."""
    return name.lower().endswith(tuple(f".{ending}" for ending in PICTURE_ENDINGS))


def is_of_system(name: str) -> bool:
    """Whether an operating system or a tool left this file or folder, so that nobody means it."""
    return name.startswith(".") or name.lower() in SYSTEM_FILES


def kind_of(data: bytes) -> str:
    """A name for the kind of file that begins so, such as "a PDF"; empty if it is not known."""
    for pattern, name in BEGINNINGS:
        if re.match(pattern, data[:READ], re.DOTALL | re.IGNORECASE):
            return name
    return ""
