"""Small networks with the structures of timm's models, written anew, and their export: Debian has no timm.

Usage: timm_structures.py FOLDER OPSET exports all and prints {"name", "parameters", "buffers", "macs"} (one sample) of each; without
arguments: their names. What each stands for is in its first line. Sizes are small, and odd ones are meant to be.
"""
import json
import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from torchvision_export import Macs


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Mlp(nn.Module):
    def __init__(self, d, hidden, out=None, act=nn.GELU):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(d, hidden), act(), nn.Linear(hidden, out or d)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Attention(nn.Module):
    def __init__(self, d, heads, qkv_bias=True, qk_norm=False):
        super().__init__()
        self.heads, self.scale = heads, (d // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(d, 3 * d, bias=qkv_bias), nn.Linear(d, d)
        self.q_norm = nn.LayerNorm(d // heads) if qk_norm else nn.Identity()
        self.k_norm = nn.LayerNorm(d // heads) if qk_norm else nn.Identity()

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.q_norm(q) * self.scale, self.k_norm(k)
        attention = (q @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, d, heads, **options):
        super().__init__()
        self.norm1, self.attn, self.norm2, self.mlp = nn.LayerNorm(d), Attention(d, heads, **options), nn.LayerNorm(d), Mlp(d, 4 * d)
        self.gamma1, self.gamma2 = nn.Parameter(torch.ones(d)), nn.Parameter(torch.ones(d))

    def forward(self, x):
        x = x + self.gamma1 * self.attn(self.norm1(x))
        return x + self.gamma2 * self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, d, patch=4):
        super().__init__()
        self.proj = nn.Conv2d(3, d, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Deit(nn.Module):
    """Vision transformer with class and distillation tokens, two heads whose mean is the result."""

    def __init__(self, d=32, heads=4, **options):
        super().__init__()
        self.patch_embed = PatchEmbed(d)
        self.cls_token, self.dist_token = nn.Parameter(torch.zeros(1, 1, d)), nn.Parameter(torch.zeros(1, 1, d))
        self.pos_embed = nn.Parameter(torch.zeros(1, 18, d))
        self.blocks, self.norm = nn.Sequential(Block(d, heads, **options), Block(d, heads, **options)), nn.LayerNorm(d)
        self.head, self.head_dist = nn.Linear(d, 10), nn.Linear(d, 10)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), self.dist_token.expand(x.shape[0], -1, -1), x), dim=1)
        x = self.norm(self.blocks(x + self.pos_embed))
        return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2


class Pooled(nn.Module):
    """Vision transformer without class token: registers cut off, mean of the tokens, norm behind it (ViT with avg pooling, qk norm)."""

    def __init__(self, d=32):
        super().__init__()
        self.patch_embed, self.reg = PatchEmbed(d), nn.Parameter(torch.zeros(1, 2, d))
        self.pos_embed = nn.Parameter(torch.zeros(1, 16, d))
        self.block, self.fc_norm, self.head = Block(d, 2, qkv_bias=False, qk_norm=True), nn.LayerNorm(d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.patch_embed(x) + self.pos_embed
        x = torch.cat([self.reg.expand(x.shape[0], -1, -1), x], dim=1)
        return self.head(self.fc_norm(self.block(x)[:, 2:].mean(dim=1)))


class Beit(nn.Module):
    """BEiT: biases of q and v alone, relative position bias gathered from a table."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.patch_embed, self.heads, self.scale = PatchEmbed(d), heads, (d // heads) ** -0.5
        self.qkv, self.proj, self.norm = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d), nn.LayerNorm(d)
        self.q_bias, self.v_bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(d))
        self.register_buffer("k_bias", torch.zeros(d), persistent=False)
        self.table = nn.Parameter(torch.zeros(49, heads))
        self.register_buffer("index", torch.arange(256).reshape(16, 16) % 49, persistent=False)
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        x = self.patch_embed(x)
        b, n, c = x.shape
        bias = torch.cat((self.q_bias, self.k_bias, self.v_bias))
        qkv = F.linear(input=self.norm(x), weight=self.qkv.weight, bias=bias)
        q, k, v = qkv.reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        attention = (q * self.scale) @ k.transpose(-2, -1)
        attention = attention + self.table[self.index.view(-1)].view(n, n, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        x = x + self.proj((attention.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))
        return self.head(x.mean(1))


class Eva(nn.Module):
    """EVA: rotary positions as constants, gated SiLU in the MLP."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.patch_embed, self.heads, self.scale = PatchEmbed(d), heads, (d // heads) ** -0.5
        self.qkv, self.proj, self.norm = nn.Linear(d, 3 * d), nn.Linear(d, d), nn.LayerNorm(d)
        angles = torch.outer(torch.arange(16.0), torch.ones(d // heads))
        self.register_buffer("sin", angles.sin(), persistent=False)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.fc_g, self.fc_x, self.fc2, self.head = nn.Linear(d, 48), nn.Linear(d, 48), nn.Linear(48, d), nn.Linear(d, 10)

    def rotate(self, x):
        turned = torch.stack([-x[..., 1::2], x[..., ::2]], -1).reshape(x.shape)
        return x * self.cos + turned * self.sin

    def forward(self, x):
        x = self.patch_embed(x)
        b, n, c = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((self.rotate(q) * self.scale) @ self.rotate(k).transpose(-2, -1)).softmax(-1)
        x = x + self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))
        return self.head((x + self.fc2(F.silu(self.fc_g(x)) * self.fc_x(x))).mean(1))


class ConvNext(nn.Module):
    """ConvNeXt: depthwise 7x7, channels last, LayerScale; head of pooling, norm, flatten."""

    def __init__(self, d=24):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, d, 4, 4), LayerNorm2d(d))
        self.conv_dw, self.norm, self.mlp, self.gamma = nn.Conv2d(d, d, 7, padding=3, groups=d), nn.LayerNorm(d), Mlp(d, 4 * d), nn.Parameter(torch.ones(d))
        self.down = nn.Sequential(LayerNorm2d(d), nn.Conv2d(d, 2 * d, 2, 2))
        self.head_norm, self.fc = LayerNorm2d(2 * d), nn.Linear(2 * d, 10)

    def forward(self, x):
        x = self.stem(x)
        y = self.mlp(self.norm(self.conv_dw(x).permute(0, 2, 3, 1))).mul(self.gamma).permute(0, 3, 1, 2)
        x = self.down(x + y)
        return self.fc(self.head_norm(F.adaptive_avg_pool2d(x, 1)).flatten(1))


class GlobalResponseNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(d))

    def forward(self, x):
        g = x.norm(p=2, dim=(1, 2), keepdim=True)
        n = g / (g.mean(dim=-1, keepdim=True) + 1e-6)
        return x + torch.addcmul(self.bias.view(1, 1, 1, -1), self.weight.view(1, 1, 1, -1), x * n)


class ConvNext2(nn.Module):
    """ConvNeXt V2: global response normalisation."""

    def __init__(self, d=24):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, d, 4, 4), nn.LayerNorm(d)
        self.fc1, self.grn, self.fc2, self.head = nn.Linear(d, 4 * d), GlobalResponseNorm(4 * d), nn.Linear(4 * d, d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.stem(x).permute(0, 2, 3, 1)
        x = x + self.fc2(self.grn(F.gelu(self.fc1(self.norm(x)))))
        return self.head(x.permute(0, 3, 1, 2).mean((2, 3)))


class Swin(nn.Module):
    """Swin: shifted windows by roll, bias table, mask, patches merged by strided slices. `cosine`: Swin V2's attention."""

    def __init__(self, d=24, heads=3, cosine=False):
        super().__init__()
        self.embed, self.embed_norm = nn.Conv2d(3, d, 2, 2), nn.LayerNorm(d)
        self.heads, self.scale, self.w, self.cosine = heads, (d // heads) ** -0.5, 4, cosine
        self.norm1, self.qkv, self.proj, self.norm2, self.mlp = nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d), nn.LayerNorm(d), Mlp(d, 4 * d)
        self.register_buffer("index", torch.arange(256).reshape(16, 16) % 49)
        if cosine:
            self.logit_scale = nn.Parameter(torch.log(10 * torch.ones(heads, 1, 1)))
            self.cpb_mlp = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, heads, bias=False))
            self.register_buffer("coords", torch.zeros(1, 7, 7, 2), persistent=False)
        else:
            self.table = nn.Parameter(torch.zeros(49, heads))
        mask = torch.zeros(4, 16, 16)
        mask[1:, :8, 8:] = -100.0
        self.register_buffer("mask", mask)
        self.merge_norm, self.reduction, self.head = nn.LayerNorm(4 * d), nn.Linear(4 * d, 2 * d, bias=False), nn.Linear(2 * d, 10)

    def bias(self):
        if not self.cosine:
            return self.table[self.index.view(-1)].view(16, 16, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        table = self.cpb_mlp(self.coords).view(-1, self.heads)
        return 16 * torch.sigmoid(table[self.index.view(-1)].view(16, 16, -1).permute(2, 0, 1).contiguous()).unsqueeze(0)

    def windows(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.cosine:
            attention = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
            attention = attention * torch.clamp(self.logit_scale, max=4.6052).exp()
        else:
            attention = (q * self.scale) @ k.transpose(-2, -1)
        attention = attention + self.bias()
        attention = attention.view(-1, 4, self.heads, n, n) + self.mask.unsqueeze(1).unsqueeze(0)
        attention = attention.view(-1, self.heads, n, n).softmax(-1)
        return self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))

    def forward(self, x):
        x = self.embed_norm(self.embed(x).permute(0, 2, 3, 1))
        b, h, w, c = x.shape
        y = torch.roll(self.norm1(x), shifts=(-2, -2), dims=(1, 2))
        y = y.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, 16, c)
        y = self.windows(y).view(-1, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, h, w, c)
        x = x + torch.roll(y, shifts=(2, 2), dims=(1, 2))
        x = x.reshape(b, -1, c)
        x = (x + self.mlp(self.norm2(x))).reshape(b, h, w, c)
        x = torch.cat([x[:, 0::2, 0::2, :], x[:, 1::2, 0::2, :], x[:, 0::2, 1::2, :], x[:, 1::2, 1::2, :]], -1)
        return self.head(self.reduction(self.merge_norm(x)).mean(dim=(1, 2)))


class Mixer(nn.Module):
    """MLP-Mixer: an MLP over tokens and one over channels."""

    def __init__(self, d=24):
        super().__init__()
        self.stem, self.norm1, self.tokens = PatchEmbed(d), nn.LayerNorm(d), Mlp(16, 20)
        self.norm2, self.channels, self.head = nn.LayerNorm(d), Mlp(d, 96), nn.Linear(d, 10)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.channels(self.norm2(x))).mean(dim=1))


class ResMlp(nn.Module):
    """ResMLP: affine transforms by addcmul instead of normalisation, one linear layer over tokens."""

    def __init__(self, d=24):
        super().__init__()
        self.stem, self.tokens, self.mlp, self.head = PatchEmbed(d), nn.Linear(16, 16), Mlp(d, 96), nn.Linear(d, 10)
        self.alpha, self.beta, self.ls = nn.Parameter(torch.ones(1, 1, d)), nn.Parameter(torch.zeros(1, 1, d)), nn.Parameter(torch.ones(d))

    def forward(self, x):
        x = self.stem(x)
        x = x + self.ls * self.tokens(torch.addcmul(self.beta, self.alpha, x).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.mlp(x)).mean(1))


class Gmlp(nn.Module):
    """gMLP: half of the channels gates the other half after a projection over tokens."""

    def __init__(self, d=24):
        super().__init__()
        self.stem, self.fc1, self.norm, self.spatial, self.fc2, self.head = PatchEmbed(d), nn.Linear(d, 64), nn.LayerNorm(32), nn.Linear(16, 16), nn.Linear(32, d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.stem(x)
        u, v = F.gelu(self.fc1(x)).chunk(2, dim=-1)
        v = self.spatial(self.norm(v).transpose(-1, -2)).transpose(-1, -2)
        return self.head((x + self.fc2(u * v)).mean(1))


class Pvt(nn.Module):
    """PVT V2: keys and values from a map reduced by a strided convolution, depthwise convolution inside the MLP."""

    def __init__(self, d=32, heads=2):
        super().__init__()
        self.embed, self.norm, self.heads, self.scale = nn.Conv2d(3, d, 7, 4, 3), nn.LayerNorm(d), heads, (d // heads) ** -0.5
        self.q, self.kv, self.proj, self.sr, self.sr_norm = nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(d, d), nn.Conv2d(d, d, 2, 2), nn.LayerNorm(d)
        self.fc1, self.dw, self.fc2, self.head = nn.Linear(d, 64), nn.Conv2d(64, 64, 3, 1, 1, groups=64), nn.Linear(64, d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.embed(x)
        b, c, h, w = x.shape
        x = x.flatten(2).transpose(1, 2)
        y = self.norm(x)
        q = self.q(y).reshape(b, h * w, self.heads, -1).permute(0, 2, 1, 3)
        y = self.sr_norm(self.sr(y.permute(0, 2, 1).reshape(b, c, h, w)).reshape(b, c, -1).permute(0, 2, 1))
        k, v = self.kv(y).reshape(b, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((q * self.scale) @ k.transpose(-2, -1)).softmax(-1)
        x = x + self.proj((attention @ v).transpose(1, 2).reshape(b, h * w, c))
        y = self.fc1(x).transpose(1, 2).reshape(b, 64, h, w)
        x = x + self.fc2(F.gelu(F.relu(self.dw(y)).flatten(2).transpose(1, 2)))
        return self.head(x.mean(dim=1))


class Xcit(nn.Module):
    """XCiT: attention between channels, with a temperature for each head; class attention of the class token alone."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.embed, self.heads, self.qkv, self.proj = PatchEmbed(d), heads, nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.temperature, self.cls_token = nn.Parameter(torch.ones(heads, 1, 1)), nn.Parameter(torch.zeros(1, 1, d))
        self.q, self.k, self.v, self.head = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.embed(x)
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 4, 1).unbind(0)
        attention = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * self.temperature).softmax(-1)
        x = x + self.proj((attention @ v).permute(0, 3, 1, 2).reshape(b, n, c))
        x = torch.cat((self.cls_token.expand(b, -1, -1), x), dim=1)
        b, n, c = x.shape
        q = self.q(x[:, 0]).unsqueeze(1).reshape(b, 1, self.heads, c // self.heads).permute(0, 2, 1, 3) * 0.25
        k = self.k(x).reshape(b, n, self.heads, c // self.heads).permute(0, 2, 1, 3)
        v = self.v(x).reshape(b, n, self.heads, c // self.heads).permute(0, 2, 1, 3)
        return self.head(((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(b, 1, c)[:, 0])


class Cait(nn.Module):
    """CaiT: talking heads, linear layers over the axis of heads before and after softmax."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.embed, self.heads, self.qkv, self.proj = PatchEmbed(d), heads, nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.proj_l, self.proj_w, self.head = nn.Linear(heads, heads), nn.Linear(heads, heads), nn.Linear(d, 10)

    def forward(self, x):
        x = self.embed(x)
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0] * 0.25, qkv[1], qkv[2]
        attention = self.proj_l((q @ k.transpose(-2, -1)).permute(0, 2, 3, 1)).permute(0, 3, 1, 2).softmax(-1)
        attention = self.proj_w(attention.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.head((x + self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))).mean(1))


class Levit(nn.Module):
    """LeViT: batch normalisation of linear layers over flattened tokens, attention biases gathered by index, hard swish."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.stem, self.bn0 = nn.Conv2d(3, d, 3, 4, 1, bias=False), nn.BatchNorm2d(d)
        self.qkv, self.bn, self.proj, self.bn2, self.heads = nn.Linear(d, 64, bias=False), nn.BatchNorm1d(64), nn.Linear(32, d, bias=False), nn.BatchNorm1d(d), heads
        self.attention_biases = nn.Parameter(torch.zeros(heads, 16))
        self.register_buffer("index", torch.arange(256).reshape(16, 16) % 16, persistent=False)
        self.head_bn, self.head = nn.BatchNorm1d(d), nn.Linear(d, 10)

    def forward(self, x):
        x = F.hardswish(self.bn0(self.stem(x))).flatten(2).transpose(1, 2)
        b, n, c = x.shape
        y = self.qkv(x)
        y = self.bn(y.flatten(0, 1)).reshape_as(y)
        q, k, v = y.view(b, n, self.heads, -1).split([4, 4, 8], dim=3)
        q, k, v = q.permute(0, 2, 1, 3), k.permute(0, 2, 3, 1), v.permute(0, 2, 1, 3)
        attention = (q @ k * 0.5 + self.attention_biases[:, self.index]).softmax(dim=-1)
        y = self.proj(F.hardswish((attention @ v).transpose(1, 2).reshape(b, n, 32)))
        x = x + self.bn2(y.flatten(0, 1)).reshape_as(y)
        return self.head(self.head_bn(x.mean(1)))


class SqueezeExcite(nn.Module):
    def __init__(self, d, act=nn.SiLU, gate=nn.Sigmoid):
        super().__init__()
        self.reduce, self.act, self.expand, self.gate = nn.Conv2d(d, d // 4, 1), act(), nn.Conv2d(d // 4, d, 1), gate()

    def forward(self, x):
        return x * self.gate(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class EfficientNet(nn.Module):
    """EfficientNet (tf_): SAME padding worked out from the input, inverted residual with squeeze-excite, SiLU."""

    def __init__(self, d=16):
        super().__init__()
        self.stem, self.bn1 = nn.Conv2d(3, d, 3, 2, bias=False), nn.BatchNorm2d(d)
        self.pw, self.bn2, self.dw, self.bn3 = nn.Conv2d(d, 64, 1, bias=False), nn.BatchNorm2d(64), nn.Conv2d(64, 64, 5, 2, groups=64, bias=False), nn.BatchNorm2d(64)
        self.se, self.pwl, self.bn4, self.head = SqueezeExcite(64), nn.Conv2d(64, 24, 1, bias=False), nn.BatchNorm2d(24), nn.Linear(24, 10)

    @staticmethod
    def same(x, k, s):
        h, w = x.size()[-2:]
        ph, pw = (max((-(n // -s) - 1) * s + k - n, 0) for n in (int(h), int(w)))
        return F.pad(x, [pw // 2, pw - pw // 2, ph // 2, ph - ph // 2])

    def forward(self, x):
        x = F.silu(self.bn1(self.stem(self.same(x, 3, 2))))
        x = F.silu(self.bn2(self.pw(x)))
        x = self.se(F.silu(self.bn3(self.dw(self.same(x, 5, 2)))))
        return self.head(F.adaptive_avg_pool2d(self.bn4(self.pwl(x)), 1).flatten(1))


class MobileNet(nn.Module):
    """MobileNetV3: hard swish, hard sigmoid from relu6, a 1x1 convolution behind the pooling."""

    class Gate(nn.Module):
        def forward(self, x):
            return F.relu6(x + 3.0) / 6.0

    def __init__(self, d=16):
        super().__init__()
        self.stem, self.bn, self.dw = nn.Conv2d(3, d, 3, 2, 1, bias=False), nn.BatchNorm2d(d), nn.Conv2d(d, d, 3, 1, 1, groups=d, bias=False)
        self.se, self.head_conv, self.classifier = SqueezeExcite(d, nn.ReLU, self.Gate), nn.Conv2d(d, 32, 1), nn.Linear(32, 10)

    def forward(self, x):
        x = self.se(F.hardswish(self.dw(F.hardswish(self.bn(self.stem(x))))))
        return self.classifier(F.hardswish(self.head_conv(F.adaptive_avg_pool2d(x, 1))).flatten(1))


class StdConv2d(nn.Conv2d):
    def forward(self, x):
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0, eps=1e-6).reshape_as(self.weight)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ScaledStdConv2d(StdConv2d):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.gain = nn.Parameter(torch.full((self.out_channels, 1, 1, 1), 1.0))

    def forward(self, x):
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, weight=(self.gain * 0.1).view(-1), training=True,
                              momentum=0.0, eps=1e-6).reshape_as(self.weight)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Bit(nn.Module):
    """ResNetV2 (BiT): standardised weights, group normalisation; pool of a padded map. `conv`: NFNet's scaled ones."""

    def __init__(self, d=32, conv=StdConv2d):
        super().__init__()
        self.stem, self.norm1, self.conv1, self.norm2, self.conv2 = conv(3, d, 7, 2, 3, bias=False), nn.GroupNorm(8, d), conv(d, d, 3, padding=1), nn.GroupNorm(8, d), conv(d, d, 1)
        self.head = nn.Conv2d(d, 10, 1)

    def forward(self, x):
        x = F.max_pool2d(F.pad(self.stem(x), (1, 1, 1, 1)), 3, 2)
        x = x + self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x)))))) * 0.2
        return self.head(F.adaptive_avg_pool2d(x, 1)).flatten(1)


def structures():
    import timm_blocks as blocks

    return {
        "deit": Deit, "vit_pooled": Pooled, "beit": Beit, "eva": Eva, "convnext": ConvNext, "convnextv2": ConvNext2, "swin": Swin,
        "swinv2": lambda: Swin(cosine=True), "mixer": Mixer, "resmlp": ResMlp, "gmlp": Gmlp, "pvt_v2": Pvt, "xcit": Xcit, "cait": Cait, "levit": Levit,
        "efficientnet": EfficientNet, "mobilenetv3": MobileNet, "resnetv2_bit": Bit, "nfnet": lambda: Bit(conv=ScaledStdConv2d), "eca": blocks.Eca,
        "gcnet": blocks.Gc, "sknet": blocks.Sk, "resnest": blocks.ResNest, "blur": blocks.Blur, "tresnet": blocks.TResNet,
        "mobilevit": blocks.MobileVit, "mobilevitv2": blocks.MobileVit2, "focalnet": blocks.Focal, "ghostnet": blocks.Ghost,
        "poolformer": blocks.PoolFormer, "convit": blocks.ConVit, "maxvit": blocks.MaxVit, "hrnet": blocks.HrNet, "inception": blocks.Inception,
        "repvgg": blocks.RepVgg, "botnet": blocks.BotNet,
    }


SMALL = ("deit", "vit_pooled", "beit", "eva", "mixer", "resmlp", "gmlp", "xcit", "cait", "levit", "swin", "swinv2", "convit")  # 16 x 16


def export(model, size, file, opset):
    """What torch counts: trained values, constants that the export keeps among them, multiply-accumulates."""
    image = torch.zeros(1, 3, size, size)
    with Macs() as macs:
        model(image)
    torch.onnx.export(model, image, file, opset_version=opset, input_names=["image"], dynamic_axes={"image": {0: "batch"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    buffers = [b for name, b in model.named_buffers() if b.is_floating_point() and not name.endswith(("running_mean", "running_var"))]
    return {"parameters": sum(p.numel() for p in model.parameters()), "buffers": sum(b.numel() for b in buffers), "macs": macs.total}


def main():
    warnings.filterwarnings("ignore")
    if len(sys.argv) == 1:
        print("\n".join(structures()))
        return
    folder, opset = sys.argv[1], int(sys.argv[2])
    for name, make in structures().items():
        counts = export(make().eval(), 16 if name in SMALL else 32, f"{folder}/{name}.onnx", opset)
        print(json.dumps({"name": name, **counts}))


if __name__ == "__main__":
    main()
