// Numbers as people read them. Every function returns text with its unit.

const grouped = d3.format(",");
const fixed = (digits) => d3.format(`,.${digits}f`);

// Three significant digits, no exponent: 0.00123, 12.3, 1,230.
function three(value) {
    if (value === 0 || !isFinite(value)) return String(value);
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    return d3.format(`,.${Math.min(digits, 12)}f`)(value);
}

// `units` are [factor, name], largest first.
function scaled(value, units) {
    if (value === 0) return `0 ${units[units.length - 1][1]}`;
    const [factor, name] = units.find(([f]) => Math.abs(value) >= f) || units[units.length - 1];
    return `${three(value / factor)} ${name}`;
}

// The unit of an axis of times up to `most` seconds: [seconds in it, its name].
const timeUnit = (most) => [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]].find(([factor]) => most >= 2 * factor) || [1e-9, "ns"];

const timeText = (s) => scaled(s, [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]]);
const jouleText = (j) => scaled(j, [[1, "J"], [1e-3, "mJ"], [1e-6, "µJ"], [1e-9, "nJ"], [1e-12, "pJ"]]);
const byteText = (b) => scaled(b, [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]]);
const rateText = (r) => scaled(r, [[1e12, "Top/s"], [1e9, "Gop/s"], [1e6, "Mop/s"], [1, "op/s"]]);
const percent = (f, digits = 1) => `${fixed(digits)(100 * f)} %`;
const ratioText = (r) => `${r > 0 && r < 0.1 ? d3.format(".2~r")(r) : fixed(2)(r)}×`;
const plural = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

// What fits into so many pixels of a chart's letters: a text that does not loses its middle.
const LETTER = 7;
function fitText(text, pixels) {
    const most = Math.max(3, Math.floor(pixels / LETTER));
    if (text.length <= most) return text;
    const front = Math.ceil((most - 1) / 2);
    return `${text.slice(0, front)}…${text.slice(text.length - (most - 1 - front))}`;
}
