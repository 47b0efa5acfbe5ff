// Random changes of an input, for the replay tests, which have no fuzzer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace satsim::fuzz {

using Data = std::vector<std::uint8_t>;

// One to four changes: bits, bytes, removed, doubled and inserted ranges.
[[nodiscard]] inline Data mutated(Data data, std::mt19937_64& random) {
    const auto in = [&random](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (std::int64_t changes = in(1, 4); changes > 0; --changes) {
        const auto place = [&] { return in(0, static_cast<std::int64_t>(data.size())); };
        const std::int64_t at = place();
        const auto here = data.begin() + at;
        switch (in(0, 4)) {
            case 0:
                if (here != data.end()) *here ^= static_cast<std::uint8_t>(1 << in(0, 7));
                break;
            case 1:
                if (here != data.end()) *here = static_cast<std::uint8_t>(in(0, 255));
                break;
            case 2:
                data.erase(here, data.begin() + std::max(at, std::min(place(), at + 16)));
                break;
            case 3:
                data.insert(here, static_cast<std::size_t>(in(1, 8)), static_cast<std::uint8_t>(in(0, 255)));
                break;
            default: {
                const Data part(here, data.begin() + std::max(at, std::min(place(), at + 32)));
                data.insert(data.begin() + place(), part.begin(), part.end());
            }
        }
    }
    return data;
}

// The contents of every file of a folder of the source tree, in the order of their names.
[[nodiscard]] inline std::vector<Data> corpus(const std::string& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(SATSIM_SOURCE_DIR) / folder))
        paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Data> contents;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return contents;
}

}  // namespace satsim::fuzz
