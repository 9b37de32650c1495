import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_remember_what_members_like_and_saw'),
    ]

    operations = [
        migrations.CreateModel(
            name='HomeBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('banners', '轮播图'), ('categories', '分类导航'), ('goods', '商品'), ('pictures', '图片广告'), ('promises', '配送与自提说明'), ('stores', '门店')], max_length=12, verbose_name='类型')),
                ('title', models.CharField(blank=True, max_length=20, verbose_name='标题')),
                ('note', models.CharField(blank=True, help_text='显示在标题下面，可以不填。', max_length=40, verbose_name='小字说明')),
                ('source', models.CharField(choices=[('sorted', '按商品排序号'), ('newest', '最新上架'), ('selling', '卖得最好'), ('category', '某个分类'), ('picked', '自己挑选')], default='sorted', max_length=10, verbose_name='放哪些商品')),
                ('layout', models.CharField(choices=[('shelf', '一排，左右滑动'), ('grid', '两列，往下排')], default='shelf', max_length=6, verbose_name='排列')),
                ('units', models.PositiveSmallIntegerField(default=6, help_text='1 到 24 件；卖完的也会显示。', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(24)], verbose_name='最多几件')),
                ('is_visible', models.BooleanField(default=True, verbose_name='显示')),
                ('sort_order', models.IntegerField(default=0)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='catalog.category', verbose_name='分类')),
            ],
            options={
                'verbose_name': '首页布置',
                'verbose_name_plural': '首页布置',
            },
        ),
        migrations.CreateModel(
            name='HomePicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(help_text='图上的大字；读屏软件也会念出来。', max_length=20, verbose_name='标题')),
                ('note', models.CharField(blank=True, max_length=30, verbose_name='小字')),
                ('image', models.ImageField(help_text='建议 1500 × 700 像素，JPG、PNG 或 WebP，最大 6 MB。', upload_to='home', verbose_name='图片')),
                ('link', models.CharField(default='/goods/', max_length=200, validators=[django.core.validators.RegexValidator('^/(?!/)', '请填写店内地址，以 / 开头')], verbose_name='点图打开')),
                ('shows_title', models.BooleanField(default=True, help_text='图片里已经有字的，请关掉。', verbose_name='在图上显示文字')),
                ('sort_order', models.IntegerField(default=0)),
                ('block', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='catalog.homeblock')),
            ],
            options={
                'verbose_name': '首页图片',
                'verbose_name_plural': '首页图片',
            },
        ),
        migrations.CreateModel(
            name='HomePick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(default=0)),
                ('block', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='picks', to='catalog.homeblock')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='picks', to='catalog.product')),
            ],
            options={
                'verbose_name': '首页挑选的商品',
                'verbose_name_plural': '首页挑选的商品',
                'constraints': [models.UniqueConstraint(fields=('block', 'product'), name='pick_once_per_block')],
            },
        ),
    ]
