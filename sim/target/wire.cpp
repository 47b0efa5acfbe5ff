#include "sim/target/wire.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace satsim::sat {
namespace {

template <typename T>
void put(Bytes8& out, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
}

template <typename T>
void put_all(Bytes8& out, const std::vector<T>& values) {
    put(out, static_cast<std::uint64_t>(values.size()));
    for (const T& value : values) put(out, value);
}

class Reader {
  public:
    explicit Reader(const Bytes8& bytes) : bytes_(bytes) {}
    template <typename T>
    void get(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (bytes_.size() - at_ < sizeof value) throw std::logic_error("a worker's result is too short");
        std::memcpy(&value, bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
    }
    template <typename T>
    void get_all(std::vector<T>& values) {
        std::uint64_t count = 0;
        get(count);
        for (std::uint64_t i = 0; i < count; ++i) get(values.emplace_back());
    }
    [[nodiscard]] bool done() const { return at_ == bytes_.size(); }

  private:
    const Bytes8& bytes_;
    std::size_t at_ = 0;
};

}  // namespace

Bytes8 to_wire(const SimulationResult& result) {
    Bytes8 out;
    put(out, result.simulated);
    put(out, result.schedule.has_value());
    if (result.schedule) put(out, *result.schedule);
    const Execution& e = result.execution;
    put(out, e.start);
    put(out, e.end);
    put(out, e.busy);
    put(out, e.memory);
    put(out, e.counters);
    for (const auto& records : e.operations) put_all(out, records);
    for (const auto& intervals : result.intervals) put_all(out, intervals);
    return out;
}

SimulationResult from_wire(const Bytes8& bytes) {
    Reader in(bytes);
    SimulationResult result;
    bool scheduled = false;
    in.get(result.simulated);
    in.get(scheduled);
    if (scheduled) in.get(result.schedule.emplace());
    Execution& e = result.execution;
    in.get(e.start);
    in.get(e.end);
    in.get(e.busy);
    in.get(e.memory);
    in.get(e.counters);
    for (auto& records : e.operations) in.get_all(records);
    for (auto& intervals : result.intervals) in.get_all(intervals);
    if (!in.done()) throw std::logic_error("a worker's result is too long");
    return result;
}

}  // namespace satsim::sat
