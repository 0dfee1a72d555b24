"""Run a program that dies with the process that started it: `leash.py PARENT PROGRAM [ARGUMENT ...]`.

Linux delivers PR_SET_PDEATHSIG, which survives exec, when the thread that started the program ends,
however it ends: kill -9 included. It is set here, after exec, because Python code between fork and
exec can hang a threaded parent. Elsewhere than on Linux the program just runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(sys.argv[1]):  # it died before prctl
        sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
