// Fused attention on a device against the sums themselves, in double precision.
#include <algorithm>
#include <cmath>

#include "runtime/gpu/device/candidates.hpp"
#include "runtime/gpu/device/stopwatch.hpp"
#include "tests/gpu/device_machine.hpp"
#include "tests/unit/gpu/random_values.hpp"

namespace satsim::gpu::test {
namespace {

// FP16 rounds by at most 2^-11 of a number. A term of a result is rounded as a probability (or its gradient),
// where heads share keys as the gradient of a head, and in the sum that is stored: 3 * 2^-11 of the terms'
// magnitudes. Scores, summed in FP32 by tensor cores that cut off bits, are wrong by 2^-16 of their terms'
// magnitudes, of which there are less than 16 after scaling, so that probabilities are by less than 2^-11
// more.
constexpr double kRoundings = 0x1p-9;
constexpr double kSums = 0x1p-16;
// What FP16 rounds numbers below 2^-14 by, of which a sum may have as many as it has terms.
constexpr double kSmallest = 0x1p-25;

using Halves = std::vector<Fp16>;

// [sequences][positions][heads][channels].
struct Tensor {
    std::int64_t positions;
    std::int64_t heads;
    std::int64_t channels;
    Halves values;
    Tensor(std::int64_t sequences, std::int64_t p, std::int64_t h, std::int64_t c)
        : positions(p), heads(h), channels(c), values(static_cast<std::size_t>(sequences * p * h * c)) {}
    [[nodiscard]] std::size_t place(std::int64_t s, std::int64_t p, std::int64_t h, std::int64_t c) const {
        return static_cast<std::size_t>(((s * positions + p) * heads + h) * channels + c);
    }
    [[nodiscard]] double at(std::int64_t s, std::int64_t p, std::int64_t h, std::int64_t c) const {
        return double{numerics::to_float(values[place(s, p, h, c)])};
    }
};

// A result as it should be, and how far from it one may be.
struct Expected {
    std::vector<double> value;
    std::vector<double> magnitude;  // of its terms
    std::vector<double> terms;      // of the other operand, for what is too small for FP16
    explicit Expected(const Tensor& like)
        : value(like.values.size()), magnitude(like.values.size()), terms(like.values.size()) {}
    void add(std::size_t place, double weight, double weight_magnitude, double other) {
        value[place] += weight * other;
        magnitude[place] += weight_magnitude * std::abs(other);
        terms[place] += std::abs(other);
    }
    void expect(const Tensor& got, const char* what) const {
        for (std::size_t i = 0; i < value.size(); ++i) {
            const double bound = kRoundings * magnitude[i] + kSmallest * (terms[i] + 1);
            ASSERT_NEAR(double{numerics::to_float(got.values[i])}, value[i], bound) << what << " " << i;
        }
    }
};

struct Problem {
    explicit Problem(const AttentionShape& shape, Generator& generator)
        : s(shape),
          queries(s.sequences, s.queries, s.heads, s.query_size),
          keys(s.sequences, s.keys, s.kv_heads, s.query_size),
          values(s.sequences, s.keys, s.kv_heads, s.value_size),
          result(s.sequences, s.queries, s.heads, s.value_size),
          result_gradient(result),
          query_gradient(queries),
          key_gradient(keys),
          value_gradient(values),
          statistics(static_cast<std::size_t>(s.sequences * s.heads * s.queries)) {
        for (Tensor* tensor : {&queries, &keys, &values, &result_gradient})
            tensor->values = random_halves(generator, tensor->values.size());
    }

    [[nodiscard]] bool sees(std::int64_t query, std::int64_t key) const {
        return !s.causal || (key <= query && (s.window == 0 || key > query - s.window));
    }
    template <class Visit>
    void each_row(const Visit& visit) const {
        for (std::int64_t b = 0; b < s.sequences; ++b)
            for (std::int64_t h = 0; h < s.heads; ++h)
                for (std::int64_t q = 0; q < s.queries; ++q) visit(b, h, q);
    }
    [[nodiscard]] std::int64_t kv_head(std::int64_t head) const { return head * s.kv_heads / s.heads; }

    AttentionShape s;
    Tensor queries;
    Tensor keys;
    Tensor values;
    Tensor result;
    Tensor result_gradient;
    Tensor query_gradient;
    Tensor key_gradient;
    Tensor value_gradient;
    std::vector<float> statistics;
};

// The probabilities of a query's keys.
struct Row {
    std::vector<double> probability;
    double logarithm = 0;        // of the sum of the scores' exponentials
    double score_magnitude = 0;  // the largest of the sums of a score's terms' magnitudes
    Row(const Problem& p, std::int64_t b, std::int64_t h, std::int64_t q)
        : probability(static_cast<std::size_t>(p.s.keys)) {
        const double scale = 1 / std::sqrt(static_cast<double>(p.s.query_size));
        double sum = 0;
        for (std::int64_t k = 0; k < p.s.keys; ++k) {
            if (!p.sees(q, k)) continue;
            double score = 0;
            double magnitude = 0;
            for (std::int64_t c = 0; c < p.s.query_size; ++c) {
                const double term = p.queries.at(b, q, h, c) * p.keys.at(b, k, p.kv_head(h), c);
                score += term * scale;
                magnitude += std::abs(term) * scale;
            }
            score_magnitude = std::max(score_magnitude, magnitude);
            sum += probability[static_cast<std::size_t>(k)] = std::exp(score);
        }
        for (double& each : probability) each /= sum;
        logarithm = std::log(sum);
    }
};

void expect_forward(const Problem& p) {
    Expected result(p.result);
    p.each_row([&](std::int64_t b, std::int64_t h, std::int64_t q) {
        const Row row(p, b, h, q);
        for (std::int64_t k = 0; k < p.s.keys; ++k) {
            const double probability = row.probability[static_cast<std::size_t>(k)];
            if (!p.sees(q, k)) continue;
            for (std::int64_t c = 0; c < p.s.value_size; ++c)
                result.add(p.result.place(b, q, h, c), probability, probability,
                           p.values.at(b, k, p.kv_head(h), c));
        }
        const auto place = static_cast<std::size_t>((b * p.s.heads + h) * p.s.queries + q);
        ASSERT_NEAR(double{p.statistics[place]}, row.logarithm, kSums * (row.score_magnitude + 1))
            << "statistics " << place;
    });
    result.expect(p.result, "result");
}

// From the result that the forward pass left: its rounding is no fault of the backward pass.
void expect_backward(const Problem& p) {
    Expected query_gradient(p.query_gradient);
    Expected key_gradient(p.key_gradient);
    Expected value_gradient(p.value_gradient);
    const double scale = 1 / std::sqrt(static_cast<double>(p.s.query_size));
    p.each_row([&](std::int64_t b, std::int64_t h, std::int64_t q) {
        const Row row(p, b, h, q);
        const std::int64_t g = p.kv_head(h);
        double mean = 0;
        double mean_magnitude = 0;
        for (std::int64_t c = 0; c < p.s.value_size; ++c) {
            const double term = p.result.at(b, q, h, c) * p.result_gradient.at(b, q, h, c);
            mean += term;
            mean_magnitude += std::abs(term);
        }
        for (std::int64_t k = 0; k < p.s.keys; ++k) {
            const double probability = row.probability[static_cast<std::size_t>(k)];
            if (!p.sees(q, k)) continue;
            double gradient = 0;
            double magnitude = mean_magnitude;
            for (std::int64_t c = 0; c < p.s.value_size; ++c) {
                const double of_result = p.result_gradient.at(b, q, h, c);
                const double term = of_result * p.values.at(b, k, g, c);
                gradient += term;
                magnitude += std::abs(term);
                value_gradient.add(p.values.place(b, k, g, c), probability, probability, of_result);
            }
            const double of_score = scale * probability * (gradient - mean);
            const double its_magnitude =
                std::abs(of_score) + scale * probability * magnitude * kSums / kRoundings;
            for (std::int64_t c = 0; c < p.s.query_size; ++c) {
                query_gradient.add(p.queries.place(b, q, h, c), of_score, its_magnitude,
                                   p.keys.at(b, k, g, c));
                key_gradient.add(p.keys.place(b, k, g, c), of_score, its_magnitude, p.queries.at(b, q, h, c));
            }
        }
    });
    query_gradient.expect(p.query_gradient, "gradient of queries");
    key_gradient.expect(p.key_gradient, "gradient of keys");
    value_gradient.expect(p.value_gradient, "gradient of values");
}

template <class T>
void put(const OperandSets& sets, AttentionOperand operand, const std::vector<T>& values) {
    check(cudaMemcpy(sets.at(static_cast<std::size_t>(operand), 0), values.data(), values.size() * sizeof(T),
                     cudaMemcpyHostToDevice),
          "a copy");
}
template <class T>
void get(const OperandSets& sets, AttentionOperand operand, std::vector<T>& values) {
    check(cudaMemcpy(values.data(), sets.at(static_cast<std::size_t>(operand), 0), values.size() * sizeof(T),
                     cudaMemcpyDeviceToHost),
          "a copy");
}

// Odd lengths, shared heads, masks, keys of other places than the queries', values of another size.
constexpr AttentionShape kShapes[] = {
    {3, 4, 4, 16, 16, 32, 32, false, 0},      {2, 3, 3, 65, 65, 64, 64, false, 0},
    {2, 4, 2, 65, 65, 64, 64, true, 0},       {1, 6, 2, 40, 77, 96, 96, false, 0},
    {1, 2, 1, 129, 129, 80, 80, true, 0},     {2, 2, 2, 131, 131, 72, 72, false, 0},
    {1, 2, 2, 300, 300, 128, 128, true, 100}, {1, 4, 1, 200, 200, 128, 128, true, 33},
    {1, 2, 2, 100, 100, 128, 64, true, 0}};

class GpuDeviceAttention : public DeviceTest {
  protected:
    void SetUp() override {
        DeviceTest::SetUp();
        if (IsSkipped()) return;
        int major = 0;
        check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "reading the device");
        if (major < 8) GTEST_SKIP() << "no fused attention before compute capability 8.0";
        if (!libraries().attention.works()) GTEST_SKIP() << "cuDNN: " << libraries().attention.fault();
    }
    Libraries& libraries() {
        if (libraries_ == nullptr) libraries_ = std::make_unique<Libraries>();
        return *libraries_;
    }

  private:
    std::unique_ptr<Libraries> libraries_;  // made where there is a device
};

TEST_F(GpuDeviceAttention, IsItsSumsBothWays) {
    Libraries& l = libraries();
    Generator generator(7);
    for (const AttentionShape& shape : kShapes) {
        SCOPED_TRACE(describe(AttentionWork{false, shape}));
        Problem p(shape, generator);
        const OperandSets sets(attention_operands({true, shape}), 0, l.stream.get());
        put(sets, AttentionOperand::Queries, p.queries.values);
        put(sets, AttentionOperand::Keys, p.keys.values);
        put(sets, AttentionOperand::Values, p.values.values);
        put(sets, AttentionOperand::ResultGradient, p.result_gradient.values);
        check(cudaDeviceSynchronize(), "a copy");
        l.attention.run(*l.attention.prepare({false, shape}), sets, 0, l.stream);
        l.attention.run(*l.attention.prepare({true, shape}), sets, 0, l.stream);
        l.stream.wait();
        get(sets, AttentionOperand::Result, p.result.values);
        get(sets, AttentionOperand::Statistics, p.statistics);
        get(sets, AttentionOperand::QueryGradient, p.query_gradient.values);
        get(sets, AttentionOperand::KeyGradient, p.key_gradient.values);
        get(sets, AttentionOperand::ValueGradient, p.value_gradient.values);
        expect_forward(p);
        expect_backward(p);
        if (HasFatalFailure()) return;
    }
}

// Captured in a graph, as everything else that is timed.
TEST_F(GpuDeviceAttention, IsReplayed) {
    for (const bool gradient : {false, true}) {
        const AttentionWork work{gradient, {4, 8, 2, 256, 256, 128, 128, true, 0}};
        const std::vector<Contender> list = contenders(libraries(), work);
        ASSERT_EQ(list.size(), 1U);
        ASSERT_EQ(list.front().refused, "") << describe(work);
        const Timing timing = time_runs(list.front().run, list.front().sets, 3, libraries().stream);
        EXPECT_GT(timing.median, 0) << describe(work);
        EXPECT_TRUE(timing.replayed) << describe(work);
    }
}

}  // namespace
}  // namespace satsim::gpu::test
