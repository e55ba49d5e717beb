"""Token by token: where an answer ends, what its text is, how the next token is drawn. Used by the embedded engine.

Each answer of a batch is a Row of its own: its end, its text and its random numbers depend on nothing else in the
batch. All of it follows vLLM, so that both engines give the same text for the same tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.conversation import Completion

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from evalsuite.conversation import Request


class Row:
    """One answer on its way."""

    def __init__(self, request: Request, prompt: Sequence[int], tokenizer: Any, end_tokens: AbstractSet[int]) -> None:
        self.request = request
        self.prompt = prompt
        self.tokens: list[int] = []
        self.finish_reason: str | None = None
        """None while it goes on."""
        self._end_tokens = end_tokens
        self._text = _make_text(tokenizer, prompt)
        self._random: Any = None

    def push(self, token: int) -> None:
        """Take the next token. An answer that has ended takes none."""
        if self.finish_reason is not None:
            return
        sampling = self.request.sampling
        self.tokens.append(token)
        if token in self._end_tokens:
            # It is no part of the text, and it counts as a stop on the last token allowed too.
            self.finish_reason = "stop"
        elif self._text.push(token, sampling.stop):
            self.finish_reason = "stop"
        elif len(self.tokens) >= sampling.max_tokens:
            self.finish_reason = "length"

    def draw(self, scores: Any) -> int:
        """The next token by temperature and top_p, from this request's own random numbers.

        The numbers are fixed by the seed alone, one for each token: what else is in the batch shifts none of them.
        """
        import torch

        sampling = self.request.sampling
        if self._random is None:
            self._random = torch.Generator().manual_seed(sampling.seed)
        chances = torch.softmax(scores.double().cpu() / sampling.temperature, dim=-1)
        ordered, tokens = torch.sort(chances, descending=True, stable=True)
        before = torch.cumsum(ordered, dim=-1) - ordered
        kept = ordered * (before < sampling.top_p)  # the fewest tokens that together reach top_p
        kept[0] = ordered[0]
        reached = torch.cumsum(kept, dim=-1)
        point = torch.rand((), generator=self._random, dtype=torch.float64) * reached[-1]
        place = min(int(torch.searchsorted(reached, point, right=True)), int((kept > 0).sum()) - 1)
        return int(tokens[place])

    def completion(self, latency_s: float) -> Completion:
        """The finished answer."""
        return Completion(
            request_id=self.request.id,
            text=self._text.text(),
            finish_reason=self.finish_reason,
            prompt_tokens=len(self.prompt),
            completion_tokens=len(self.tokens),
            latency_s=latency_s,
        )


class Ending:
    """A stopping criterion of transformers: hands each row its token, and says which rows have ended."""

    def __init__(self, rows: Sequence[Row], stop: threading.Event) -> None:
        self._rows = rows
        self._stop = stop

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002  # transformers' signature
        import torch

        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            row.push(token)
        stopped = self._stop.is_set()
        ended = [stopped or row.finish_reason is not None for row in self._rows]
        return torch.tensor(ended, device=input_ids.device)


class Drawing:
    """A logits processor of transformers: for rows that are sampled, leaves the token drawn as the only one."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002  # transformers' signature
        for place, row in enumerate(self._rows):
            if row.request.sampling.temperature > 0 and row.finish_reason is None:
                token = row.draw(scores[place])
                scores[place] = float("-inf")
                scores[place, token] = 0.0
        return scores


class _StreamedText:
    """Text as vLLM makes it from tokens: one by one, so that a last character cut in half leaves nothing behind."""

    def __init__(self, tokenizer: Any, prompt: Sequence[int]) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer
        self._stream = DecodeStream(ids=list(prompt), skip_special_tokens=False)
        self._added = {number: token.content for number, token in tokenizer.get_added_tokens_decoder().items()}
        self._after_added = False
        self._text = ""

    def push(self, token: int, stops: Sequence[str]) -> bool:
        """Append the token's text; whether a stop string is complete, which then is cut off."""
        new = self._step(token)
        if token in self._added and self._after_added:
            new = self._added[token]  # no space between special tokens
        self._after_added = token in self._added
        self._text += new
        return bool(new) and self._cut(stops, len(new))

    def text(self) -> str:
        """The text so far."""
        return self._text

    def _step(self, token: int) -> str:
        from tokenizers.decoders import DecodeStream

        try:
            return self._stream.step(self._tokenizer, token) or ""
        except Exception as error:
            # tokenizers raises plain Exception where bytes that are no UTF-8 confuse the stream: begin a new one.
            if not str(error).startswith("Invalid prefix encountered"):
                raise
            self._stream = DecodeStream(skip_special_tokens=False)
            return self._stream.step(self._tokenizer, token) or ""

    def _cut(self, stops: Sequence[str], new_characters: int) -> bool:
        found = []
        for stop in stops:
            place = self._text.find(stop, max(0, len(self._text) - new_characters - len(stop) + 1))
            if place >= 0:
                found.append((place + len(stop), place))
        if found:
            self._text = self._text[: min(found)[1]]
        return bool(found)


class _WholeText:
    """Text for tokenizers that are not of the `tokenizers` library: decoded as a whole."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._tokens: list[int] = []
        self._cut_at: int | None = None

    def push(self, token: int, stops: Sequence[str]) -> bool:
        """Take the token; whether a stop string is complete, which then is cut off."""
        self._tokens.append(token)
        if not stops:
            return False
        text = self.text()
        places = [place for place in (text.find(stop) for stop in stops) if place >= 0]
        self._cut_at = min(places, default=None)
        return bool(places)

    def text(self) -> str:
        """The text so far."""
        text: str = self._tokenizer.decode(
            self._tokens,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            clean_up_tokenization_spaces=False,
        )
        return text if self._cut_at is None else text[: self._cut_at]


def _make_text(tokenizer: Any, prompt: Sequence[int]) -> _StreamedText | _WholeText:
    inner = getattr(tokenizer, "_tokenizer", None)
    return _StreamedText(inner, prompt) if hasattr(inner, "get_added_tokens_decoder") else _WholeText(tokenizer)
