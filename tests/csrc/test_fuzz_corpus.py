"""What the fuzzer has found so far, read again under the sanitizers.

`make fuzz` looks for more; it needs clang. This needs gcc only.
"""

from pathlib import Path

from support.sanitized import SANITIZERS, build, run

FUZZ = Path(__file__).resolve().parent.parent / "fuzz"
MAIN = r"""
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
main(int argc, char **argv)
{
    static uint8_t data[65536];

    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");

        if (file == NULL) {
            return 2;
        }
        LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
        fclose(file);
    }
    return 0;
}
"""


def test_corpus(tmp_path):
    main = tmp_path / "main.c"
    main.write_text(MAIN)
    program = build(tmp_path, [main, FUZZ / "parsers.c"], *SANITIZERS)
    corpus = sorted((FUZZ / "corpus").iterdir())
    assert len(corpus) > 10
    assert run(program, *map(str, corpus)) == ""
