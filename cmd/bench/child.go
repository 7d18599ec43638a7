package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

// drawPhoto draws the picture for the shot of that number.
func drawPhoto(_ context.Context, args []string) error {
	chat := imagetest.Scene{W: 1080, H: 1440, Noise: 3, Seed: 1}
	var data []byte
	switch args[0] {
	case "0":
		data = imagetest.JPEG(chat.Draw(), 90)
	case "1":
		data = imagetest.JPEG(chat.Draw(), 78)
	default:
		lying := imagetest.Lying(imagetest.Scene{W: 3024, H: 4032, Noise: 4, Defocus: 1, Seed: 1}.Draw(), 6)
		data = imagetest.Oriented(imagetest.JPEG(lying, 90), 6)
	}
	return os.WriteFile(args[1], data, 0o600)
}

// takePhotos takes one picture n times and does nothing else; with a third argument it also looks for a face and a code, as
// is done for an item that asks for both.
func takePhotos(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	works := imaging.New(imaging.Config{})
	for range n {
		taken, err := works.Take(ctx, data)
		if err == nil && len(args) > 2 {
			_, faceErr := works.Face(ctx, taken.Copy)
			_, codeErr := works.HasQR(ctx, taken.Copy)
			err = errors.Join(faceErr, codeErr)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyPhoto writes a picture's copy, and says how it was turned.
func copyPhoto(ctx context.Context, args []string) error {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	taken, err := imaging.New(imaging.Config{}).Take(ctx, data)
	if err != nil {
		return err
	}
	if taken.Copy == nil {
		return fmt.Errorf("refused: %v", taken.Verdicts)
	}
	fmt.Print(taken.Turned)
	return os.WriteFile(args[1], taken.Copy, 0o600)
}

// compare says the SSIM of a result's luma against the source's, scaled to the same size and
// turned clockwise by that many degrees.
func compare(ctx context.Context, args []string) error {
	result, err := lumaOf(ctx, args[0])
	if err != nil {
		return err
	}
	source, err := lumaOf(ctx, args[1])
	if err != nil {
		return err
	}
	turned, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	upright := source.Turn(codec.Turn{CW: turned})
	if (result.W > result.H) != (upright.W > upright.H) { // a tool that does not turn
		upright = source
	}
	fmt.Printf("%.4f", codec.SSIM(result, upright.Scale(result.W, result.H)))
	return nil
}

func lumaOf(ctx context.Context, file string) (codec.Plane, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return codec.Plane{}, err
	}
	j, err := codec.ReadJPEG(data, 20)
	if err != nil {
		return codec.Plane{}, err
	}
	p, _, err := j.Decode(ctx, codec.Want{Luma: 8, Chroma: 8})
	if err != nil {
		return codec.Plane{}, err
	}
	return p.Planes[0], nil
}
