// What all program emitters share: semaphore numbers, register use and loops with a peeled last iteration.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/isa/program.hpp"
#include "runtime/schedule/stream_builder.hpp"
#include "runtime/support/types.hpp"

namespace satsim::schedule {

// Each has one producing and one consuming engine.
enum Semaphore : int {
    kWestFull = 0,     // LOAD -> STCE: a chunk of A is on chip
    kWestFree = 1,     // STCE -> LOAD: a west half may be overwritten
    kNorthFull = 2,    // LOAD -> STCE: a piece of B is on chip
    kNorthFree = 3,    // STCE -> LOAD
    kResultFull = 4,   // STCE -> STORE: a tile of C is in the result buffer
    kResultFree = 5,   // STORE -> STCE
    kPartialDone = 6,  // STCE -> STCE: partial sums of the last K pass are written (WS)
};

// Registers above the engines' parameters hold the emitter's own values.
enum ScratchRegister : int {
    kWestHalf = 24,   // first line of the west half in use
    kNorthHalf = 25,  // first word of the north value half in use
    kIndexHalf = 26,  // first word (LOAD) or unit of four indices (STCE) of the north index half in use
    kBaseA = 27,
    kBaseB = 28,
    kBaseIndex = 29,
    kBaseC = 30,
    kPosition = 31,  // WU: position at which the next chunk of K begins
};

// Covers 0..total in steps of `tile`: body(size, last) once in a loop for all full tiles but the last, once
// for the last.
template <typename Body>
void peeled(StreamBuilder& builder, std::int64_t total, std::int64_t tile, Body&& body) {
    const std::int64_t tiles = ceil_div(total, tile);
    builder.loop(tiles - 1, [&] { body(tile, false); });
    body(total - (tiles - 1) * tile, true);
}

// The same in one loop where the tiles are equal, body(size): shorter, for bodies to which the last is
// nothing special.
template <typename Body>
void tiled(StreamBuilder& builder, std::int64_t total, std::int64_t tile, Body&& body) {
    builder.loop(total / tile, [&] { body(tile); });
    if (total % tile > 0) body(total % tile);
}

}  // namespace satsim::schedule
