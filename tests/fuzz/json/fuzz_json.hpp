// The property under test: whatever text comes, reading it as a document either works or throws InputError,
// in one line; and what was read can be used: its totals, and the tasks of a training step, are computed
// without a fault.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim {

// Each aborts on a broken property.
void fuzz_network(const std::uint8_t* data, std::size_t size);
void fuzz_recipe(const std::uint8_t* data, std::size_t size);
void fuzz_hardware(const std::uint8_t* data, std::size_t size);
void fuzz_gpu(const std::uint8_t* data, std::size_t size);
void fuzz_recording(const std::uint8_t* data, std::size_t size);
void fuzz_sweep(const std::uint8_t* data, std::size_t size);
// A placement, of ResNet-9's tasks.
void fuzz_placement(const std::uint8_t* data, std::size_t size);
// JSON lines of documents, and a corpus profile.
void fuzz_sample(const std::uint8_t* data, std::size_t size);
void fuzz_corpus(const std::uint8_t* data, std::size_t size);

}  // namespace satsim
