// node nest/main.mjs raw-body|no-raw-body, once "npm run build" has made that of this file
import "reflect-metadata";
import {
  BadRequestException,
  Controller,
  Headers,
  HttpException,
  Module,
  Post,
  Req,
  type RawBodyRequest,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Request } from "express";
import { respond } from "../lib/respond.mjs";

@Controller()
class WebhookController {
  @Post("webhook")
  async receive(
    @Req() req: RawBodyRequest<Request>,
    @Headers("rtk-signature") signature: string,
    @Headers("rtk-uuid") uuid: string,
  ) {
    if (!req.rawBody) throw new BadRequestException("rawBody is missing");
    const status = await respond(req.rawBody, signature, uuid);
    if (status !== 200) throw new HttpException("refused", status);
  }
}

@Module({ controllers: [WebhookController] })
class AppModule {}

const app = await NestFactory.create(AppModule, {
  rawBody: process.argv[2] === "raw-body",
  logger: false,
});
await app.listen(process.env.PORT!, "127.0.0.1");
