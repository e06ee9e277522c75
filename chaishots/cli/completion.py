"""Completion by the shells: the command that prints a shell's script, and what answers when that script asks.

By click's machinery, with scripts of our own for bash and fish: click's would hand bash a title as it is, to be taken
for words, patterns and commands, and would cut a title at its first comma in fish.
"""

import os
import re
import signal
import sys
from contextlib import suppress
from typing import Any, Final

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

from chaishots.cli.completion_words import Word, quote_rest, split_line
from chaishots.content.text_normalisation import normalised

PROGRAM: Final = "chaishots"
VARIABLE: Final = "_CHAISHOTS_COMPLETE"
"""The variable by which a script asks, as click names it."""
ANSWER_SECONDS: Final = 0.9
"""The longest until the answer, whatever hangs: a name server, say, which is asked in a thread that cannot be ended."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script by which a shell completes commands, options, titles, ids and time zones.

    bash: add `eval "$(chaishots completion bash)"` to ~/.bashrc. zsh: the same with zsh to ~/.zshrc, behind compinit.
    fish: chaishots completion fish > ~/.config/fish/completions/chaishots.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source(), nl=False)


def answer(commands: click.Command, instruction: str) -> None:
    """Answer a shell's script and end the process; whatever goes wrong, nothing is said and nothing offered."""
    with suppress(BaseException):
        signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, ANSWER_SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        shell_complete(commands, {}, PROGRAM, VARIABLE, instruction)
        sys.stdout.flush()
    # At once: a thread may be hanging.
    os._exit(0)


def _give_up(_number: int, _frame: object) -> None:
    os._exit(0)


@add_completion_class
class _Bash(ShellComplete):
    """Bash is given what is to stand on its line: what was typed, and the rest of each name, quoted as that began."""

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            plain,*) COMPREPLY+=("${line#plain,}") ;;
            file,*) compopt -o default ;;
            dir,*) compopt -o dirnames ;;
        esac
    done < <(COMP_LINE=${COMP_LINE:0:COMP_POINT} COMP_WORD=$2 %(complete_var)s=bash_complete \\
        "${1/#\\~\\//$HOME/}" 2>/dev/null </dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

    def complete(self) -> str:
        *words, last = split_line(os.environ["COMP_LINE"])
        if not last.is_literal:
            return ""
        items = self.get_completions([word.text for word in words[1:]], last.text)
        lines = (self._line(item, last) for item in items)
        return "\n".join(dict.fromkeys(line for line in lines if line is not None))

    @staticmethod
    def _line(item: CompletionItem[Any], last: Word) -> str | None:
        if item.type != "plain":
            return f"{item.type},"
        typed = normalised(_value_part(last.text))
        if item.value[: len(typed)].lower() != typed.lower():
            return None
        whole = last.raw + quote_rest(item.value[len(typed) :], last.quote)
        # Bash replaces but what stands behind the last of the signs that part its words. A quote among these it closes
        # itself, unless a quote is what it sees last.
        kept = last.raw.removesuffix(os.environ["COMP_WORD"].removesuffix(last.dangling))
        if last.quote and (not kept.endswith(last.quote) or whole.endswith(last.quote)):
            whole += last.quote
        return f"plain,{whole.removeprefix(kept)}"


@add_completion_class
class _Zsh(ZshComplete):
    """As click has it, but for what zsh's `_describe` would read in a value."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return _with_option(super().get_completions(args, incomplete), incomplete)

    def format_completion(self, item: CompletionItem[str]) -> str:
        if re.search(r"[:\\]", item.value):
            item.help = None
        return super().format_completion(item)


@add_completion_class
class _Fish(FishComplete):
    """As click has it, but that a comma is part of a title."""

    source_template = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
        COMP_CWORD=(commandline -ct | string collect --allow-empty) %(prog_name)s 2>/dev/null)
    for completion in $response
        set -l metadata (string split --max 1 "," -- $completion)
        switch $metadata[1]
            case dir
                __fish_complete_directories $metadata[2]
            case file
                __fish_complete_path $metadata[2]
            case plain
                printf '%%s\\n' $metadata[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return _with_option(super().get_completions(args, incomplete), incomplete)


def _value_part(typed: str) -> str:
    """What of a word is the value: behind `--option=`, if it begins so."""
    name, sign, value = typed.partition("=")
    return value if sign and name.startswith("-") else typed


def _with_option(items: list[CompletionItem[str]], typed: str) -> list[CompletionItem[str]]:
    """For shells that replace the whole word: of `--program=Tel`, the option is a part."""
    if option := typed.removesuffix(_value_part(typed)):
        for item in items:
            item.value = option + item.value
    return items
