"""Counting a finished game: one script, so that it is counted on every board or on none.

The game's id is set in the same step, so a game that is counted again changes nothing, however
many servers count it and whichever of them dies when.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from game.state import Drawn
from server import board_keys as keys
from server.awards import Award, Result
from server.board_keys import By
from server.periods import DAY_MS, Span, spans_at
from server.standing import packing

AWARD_KEPT_MS: Final = 7 * DAY_MS
RECENT_GAMES: Final = 1_000
PLAYER_GAMES: Final = 20  # a profile's last games
CATEGORY_FASTEST: Final = 50
CATEGORY_DRAWINGS: Final = 12
TIME_SLICE_MS: Final = 2_000  # of a category's histogram …
TIME_SLICES: Final = 11  # … the last of which takes all that is slower


@dataclass(frozen=True, slots=True)
class Terms:
    """Who gets onto the boards, and for how long what is kept."""

    private_games: bool = True  # whether games of rooms that are not public count
    flagged: bool = False  # whether results that look like no hand's count
    board_players: int = 1_000_000  # most on one board; beyond, the lowest fall off
    spans_kept_ms: int = 35 * DAY_MS  # boards of a span that is over
    player_kept_ms: int = 400 * DAY_MS  # since their last game


# KEYS award, recent; for each span its boards in the order of By and its tally; for each result
# the player's sums, categories and games; for each category sums, fastest, their games, drawings.
SCRIPT: Final = """
local a = cjson.decode(ARGV[1])
if not redis.call('SET', KEYS[1], 1, 'NX', 'PX', a.award_ms) then return 0 end
local at = 2
local function take(count)
  at = at + count
  return at - count
end
local function whole(x) return string.format('%.0f', x) end
local function scored(b, figure) return whole(math.min(figure, b.most) * b.shift + b.rest) end
local function split(text)
  local parts = {}
  for part in string.gmatch(text or '', '[^,]+') do parts[#parts + 1] = tonumber(part) end
  return parts
end
local function capped(key, most)
  local over = redis.call('ZCARD', key) - most
  if over <= 0 then return {} end
  local fallen = redis.call('ZRANGE', key, 0, over - 1)
  redis.call('ZREMRANGEBYRANK', key, 0, over - 1)
  return fallen
end

local spans = take(#a.spans * 5)
local people = take(#a.results * 3)

for i, r in ipairs(a.results) do
  local own = people + 3 * i - 3
  local sums, drawn, games = KEYS[own + 1], KEYS[own + 2], KEYS[own + 3]
  local m = a.mode .. ':'
  local total = redis.call('HINCRBY', sums, m .. 'points', r.points)
  redis.call('HINCRBY', sums, m .. 'games', 1)
  redis.call('HINCRBY', sums, m .. 'matches', r.matches)
  redis.call('HINCRBY', sums, m .. 'drawn', #r.feats)
  if r.place == 1 and #a.results > 1 then redis.call('HINCRBY', sums, m .. 'wins', 1) end
  local run = tonumber(redis.call('HGET', sums, m .. 'run') or 0)
  local streak, fastest = 0, nil
  for _, d in ipairs(r.feats) do
    run = d.ms >= 0 and run + 1 or 0
    streak = math.max(streak, run)
    if d.ms >= 0 and (not fastest or d.ms < fastest.ms) then fastest = d end
  end
  for _, d in ipairs(r.drawn) do
    local seen = split(redis.call('HGET', drawn, d.category))
    local n, matched, best = (seen[1] or 0) + 1, seen[2] or 0, seen[3] or -1
    if d.ms >= 0 then
      matched = matched + 1
      if best < 0 or d.ms < best then best = d.ms end
    end
    redis.call('HSET', drawn, d.category, n .. ',' .. matched .. ',' .. best)
  end
  redis.call('HSET', sums, m .. 'run', run, 'last_ms', a.ended_ms)
  redis.call('HSETNX', sums, 'first_ms', a.ended_ms)
  local function record(name, figure, better, ...)
    local had = tonumber(redis.call('HGET', sums, m .. name))
    if not had or better(figure, had) then
      redis.call('HSET', sums, m .. name, figure, m .. name .. '_game', a.link,
        m .. name .. '_ms', a.ended_ms, ...)
    end
  end
  local function more(x, y) return x > y end
  record('best', r.points, more)
  if streak > 0 then record('streak', streak, more) end
  if fastest then
    record('fastest', fastest.ms, function(x, y) return x < y end,
      m .. 'fastest_category', fastest.category)
  end
  redis.call('LPUSH', games, r.line)
  redis.call('LTRIM', games, 0, a.player_games - 1)
  for each = 1, 3 do redis.call('PEXPIRE', KEYS[own + each], a.player_ms) end

  for s, span in ipairs(a.spans) do
    local key = spans + 5 * s - 5
    local points = total
    if s > 1 then
      local had = redis.call('ZSCORE', KEYS[key + 1], r.player)
      points = r.points + (had and math.floor(had / span.points.shift) or 0)
    end
    redis.call('ZADD', KEYS[key + 1], 'GT', scored(span.points, points), r.player)
    redis.call('ZADD', KEYS[key + 2], 'GT', scored(span.best, r.points), r.player)
    if fastest then
      local left = span.fastest.most - math.min(fastest.ms, span.fastest.most)
      redis.call('ZADD', KEYS[key + 3], 'GT', scored(span.fastest, left), r.player)
    end
    if streak > 0 then
      redis.call('ZADD', KEYS[key + 4], 'GT', scored(span.streak, streak), r.player)
    end
    local counted = split(redis.call('HGET', KEYS[key + 5], r.player))
    redis.call('HSET', KEYS[key + 5], r.player,
      (counted[1] or 0) + 1 .. ',' .. (counted[2] or 0) + r.matches)
  end
end

for s, span in ipairs(a.spans) do
  local key = spans + 5 * s - 5
  for each = 1, 4 do
    local fallen = capped(KEYS[key + each], a.board_players)
    if each == 1 and #fallen > 0 then
      for _, player in ipairs(fallen) do redis.call('HDEL', KEYS[key + 5], player) end
    end
  end
  if span.expires_ms > 0 then
    for each = 1, 5 do redis.call('PEXPIREAT', KEYS[key + each], span.expires_ms) end
  end
end

for _, c in ipairs(a.categories) do
  local key = take(4)
  local sums, quickest, games, drawings = KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], KEYS[key + 4]
  redis.call('HINCRBY', sums, 'drawn', #c.drawn)
  for _, d in ipairs(c.drawn) do
    if d.ms >= 0 then
      redis.call('HINCRBY', sums, 'matched', 1)
      redis.call('HINCRBY', sums, 'sum_ms', d.ms)
      redis.call('HINCRBY', sums, 't' .. math.min(math.floor(d.ms / a.slice_ms), a.slices - 1), 1)
      local left = a.fastest.most - math.min(d.ms, a.fastest.most)
      if redis.call('ZADD', quickest, 'GT', 'CH', scored(a.fastest, left), d.player) == 1 then
        redis.call('HSET', games, d.player, a.link)
      end
      if a.link ~= '' then redis.call('LPUSH', drawings, d.place) end
    end
  end
  for _, player in ipairs(capped(quickest, a.category_fastest)) do
    redis.call('HDEL', games, player)
  end
  redis.call('LTRIM', drawings, 0, a.category_drawings - 1)
end

if a.link ~= '' then
  redis.call('ZADD', KEYS[2], a.ended_ms, a.link)
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -a.recent - 1)
end
return 1
"""


def asked(award: Award, terms: Terms) -> tuple[list[str], list[Any]]:
    """Keys and arguments of the script that counts ``award`` under ``terms``."""
    results = _counted(award, terms)
    spans = spans_at(award.ended_ms)
    by_category = _by_category(award, results)
    used = [keys.award(award.game_id), keys.RECENT]
    for span in spans:
        used += keys.boards(award.mode, span)
    for result in results:
        used += keys.player(result.player_id)
    for index in by_category:
        used += keys.category(index)
    arguments = {
        "award_ms": AWARD_KEPT_MS,
        "mode": award.mode,
        "ended_ms": award.ended_ms,
        "link": award.game_id if award.public and results else "",
        "spans": [_span(span, award.ended_ms, terms) for span in spans],
        "results": [_result(award, result, len(award.results)) for result in results],
        "categories": [{"drawn": drawn} for drawn in by_category.values()],
        "fastest": _packed(By.FASTEST, spans[0], award.ended_ms),
        "board_players": terms.board_players,
        "player_ms": terms.player_kept_ms,
        "player_games": PLAYER_GAMES,
        "recent": RECENT_GAMES,
        "slice_ms": TIME_SLICE_MS,
        "slices": TIME_SLICES,
        "category_fastest": CATEGORY_FASTEST,
        "category_drawings": CATEGORY_DRAWINGS,
    }
    return used, [json.dumps(arguments)]


def _counted(award: Award, terms: Terms) -> list[Result]:
    if not (award.public or terms.private_games):
        return []
    return [result for result in award.results if terms.flagged or not result.flagged]


def _by_category(award: Award, results: list[Result]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for result in results:
        for drawn in result.drawn:
            place = f"{award.game_id}:{drawn.round}:{result.seat}"
            ms = -1 if drawn.ms is None else drawn.ms
            one = {"player": result.player_id, "ms": ms, "place": place}
            found.setdefault(drawn.prompt, []).append(one)
    return found


def _result(award: Award, result: Result, of: int) -> dict[str, Any]:
    return {
        "player": result.player_id,
        "points": result.points,
        "matches": result.matches,
        "place": result.place,
        "drawn": [_told(drawn) for drawn in result.drawn],
        "feats": [_told(feat) for feat in result.feats],
        "line": json.dumps(
            {
                "game": award.game_id if award.public else None,
                "ended_ms": award.ended_ms,
                "mode": award.mode,
                "points": result.points,
                "matches": result.matches,
                "drawn": len(result.feats),
                "place": result.place,
                "players": of,
            }
        ),
    }


def _told(drawn: Drawn) -> dict[str, int]:
    return {"category": drawn.prompt, "ms": -1 if drawn.ms is None else drawn.ms}


def _span(span: Span, ended_ms: int, terms: Terms) -> dict[str, Any]:
    expires_ms = 0 if span.ends_ms is None else span.ends_ms + terms.spans_kept_ms
    return {
        "expires_ms": expires_ms,
        **{by.value: _packed(by, span, ended_ms) for by in By},
    }


def _packed(by: By, span: Span, ended_ms: int) -> dict[str, int]:
    how = packing(by, span)
    return {"most": how.most, "shift": how.shift, "rest": how.rest(ended_ms)}
